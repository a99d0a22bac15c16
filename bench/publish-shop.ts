import { run } from '../test/system/processes.ts'

/** A shop's orders and products, copied and published, so that recommendations have something to rank. */
export async function publishShop(
  env: Record<string, string>,
  { users, products }: { users: number; products: number },
): Promise<void> {
  const size = ['--users', String(users), '--products', String(products)]
  await must(['generate', '--postgres', env['VITRINE_SHOP_URL'] ?? '', ...size], env)
  await must(['run', 'products'], env)
  await must(['run', 'orders'], env)
}

async function must(args: readonly string[], env: Record<string, string>): Promise<void> {
  const { code, stderr } = await run(args, env)
  if (code !== 0) throw new Error(`vitrine ${args.join(' ')} ended with ${code}: ${stderr}`)
}
