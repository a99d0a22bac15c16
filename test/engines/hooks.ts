import { stopAll } from './registry.ts'

let failed = false

/** Mocha loads these around the whole run. */
export const mochaHooks = {
  afterEach(this: Mocha.Context) {
    if (this.currentTest?.state === 'failed') failed = true
  },
}

export async function mochaGlobalTeardown(): Promise<void> {
  for (const [name, folder] of await stopAll({ keepFolders: failed })) {
    process.stdout.write(`logs of ${name} are kept in ${folder}\n`)
  }
}
