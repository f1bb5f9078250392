// `npm run check`: everything that a change must pass before review, in the order of what fails fastest.
// One line a step; the first that fails shows what it said, and nothing after it runs.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

interface Step {
  name: string
  program: string
  args: string[]
}

const steps: Step[] = [
  { name: 'format and lint', program: '@biomejs/biome/bin/biome', args: ['check', '.'] },
  { name: 'house style', program: 'tsx/dist/cli.mjs', args: ['tools/tidy.ts'] },
  { name: 'types', program: 'typescript/bin/tsc', args: ['-p', '.'] },
  { name: 'generated files', program: 'tsx/dist/cli.mjs', args: ['tools/generate.ts', '--check'] },
  { name: 'OpenAPI', program: 'tsx/dist/cli.mjs', args: ['tools/lint-openapi.ts'] },
  { name: 'fast tests', program: 'vitest/vitest.mjs', args: ['run', '--project', 'unit'] },
]

function run({ program, args }: Step): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (part: Buffer) => {
      output += part.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** The counts of a test run, for the line of its step. */
function countsIn(output: string): string {
  const counts = /^\d+ passed, \d+ failed, \d+ skipped$/m.exec(output)
  return counts ? `  ${counts[0]}` : ''
}

// CI runs the tests by itself, on several databases and versions.
const chosen = process.argv.includes('--without-tests')
  ? steps.filter((step) => step.name !== 'fast tests')
  : steps

for (const step of chosen) {
  const startedAt = performance.now()
  const { code, output } = await run(step)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)${countsIn(output)}`)
  if (code !== 0) {
    console.log(output.trimEnd())
    process.exit(1)
  }
}
