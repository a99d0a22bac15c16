import { fileURLToPath } from 'node:url'
import { drift, write } from './drift.ts'
import { generatedFiles } from './generated-files.ts'

/** Writes what is generated from the code; with --check it only compares, and fails where they differ. */

const root = fileURLToPath(new URL('..', import.meta.url))
const generated = await generatedFiles()
if (!process.argv.includes('--check')) write(root, generated)
const differences = drift(root, generated)
for (const difference of differences) process.stderr.write(`${difference}\n`)
if (differences.length > 0) process.exitCode = 1
