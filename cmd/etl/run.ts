import { runEtl } from '../shared/etl.ts'

await runEtl()
