import { Argument, Command } from 'commander'
import { runEtl } from '../shared/etl.ts'

/** `vitrine run orders|products`: one run of a pipeline. */
export function runCommand(): Command {
  return new Command('run')
    .description("run a pipeline once: copy orders or products from the shop's database (VITRINE_SHOP_URL)")
    .addArgument(new Argument('<pipeline>', 'what to copy').choices(['orders', 'products']))
    .addHelpText(
      'after',
      '\nPrints the report as JSON. Exit code 0: done or skipped, 1: failed, and another try may help,\n2: refused by the guard, or failed for a reason that waiting does not cure.',
    )
    .action(async (pipeline: string) => {
      process.env['VITRINE_PIPELINE'] = pipeline
      await runEtl()
    })
}
