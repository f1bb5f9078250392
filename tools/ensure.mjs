// Installs what the project needs, once, and then runs the command it is given. Every npm script
// goes through here, so a fresh clone works with one command. Plain JavaScript without imports from
// npm, because it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`ipto needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

const stamp = join(root, 'node_modules', '.ipto-installed')
const lock = join(root, 'package-lock.json')
const wanted = createHash('sha256')
  .update(existsSync(lock) ? readFileSync(lock) : readFileSync(join(root, 'package.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('Installing what ipto needs (once, about a minute) …')
  const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (install.status !== 0) {
    console.error('npm install failed; see the lines above. Nothing was started.')
    process.exit(install.status ?? 1)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

const [command, ...args] = process.argv.slice(2)
if (command) {
  // The program itself, without npx between: signals and exit codes then arrive unchanged.
  const entries = {
    tsx: 'tsx/dist/cli.mjs',
    vitest: 'vitest/vitest.mjs',
    biome: '@biomejs/biome/bin/biome',
  }
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, [join(root, 'node_modules', entries[command]), ...args], {
    stdio: 'inherit',
    cwd: root,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
