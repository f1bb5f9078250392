// The command that starts a child, as locked in as the system allows: no network, no new privileges, no
// core files, an end of its own when the server dies, and hard limits of the kernel behind our watching.
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { ExtractLimits } from '../../domains/ingest/extractor.ts'

const run = promisify(execFile)
const probeTimeoutMs = 5_000

export interface Sandbox {
  readonly isolated: boolean
  readonly command: string
  readonly args: string[]
  readonly environment: Record<string, string>
}

// Nothing of the server's own environment passes: it may hold the database's password.
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC', TMPDIR: tmpdir() }

/** `isolate` asks for a child without network; `isolated` of the answer tells whether it has none. */
export async function openSandbox(
  childPath: URL,
  limits: ExtractLimits,
  isolate: boolean,
): Promise<Sandbox> {
  const network = isolate ? await firstThatRuns(networkWrappers) : undefined
  const rest = (await Promise.all(limitWrappers(limits).map(runs))).filter((it) => it !== undefined)
  const line = [
    ...(network ?? []),
    ...rest.flat(),
    process.execPath,
    ...nodeArgs(childPath, limits),
  ]
  const [command = process.execPath, ...args] = line
  return { isolated: network !== undefined, command, args, environment }
}

// As root a plain namespace does; anyone else first becomes root in a user namespace of their own.
const networkWrappers = [
  ['unshare', '--user', '--map-root-user', '--net', '--'],
  ['unshare', '--net', '--'],
]

// What Node keeps in reserve without touching it, for its heaps and for WebAssembly. Node 24 reserves more
// than Node 20 did: with 1 GiB here text recognition ended now and then for want of it.
const runtimeReservesBytes = 4 * 1_073_741_824

/** Order matters: a change of user after `pdeathsig` would clear it. */
function limitWrappers({ timeoutMs, memoryBytesMax }: ExtractLimits): string[][] {
  const cpuSeconds = Math.ceil((timeoutMs / 1_000) * 4) + 60
  // Reserved is more than resident: this only stops what grows faster than we look.
  const reservedBytes = memoryBytesMax * 2 + runtimeReservesBytes
  return [
    ['setpriv', '--pdeathsig', 'KILL', '--no-new-privs', '--'],
    ['prlimit', '--core=0', `--cpu=${cpuSeconds}`, `--data=${reservedBytes}`, '--'],
  ]
}

function nodeArgs(childPath: URL, { memoryBytesMax }: ExtractLimits): string[] {
  const path = fileURLToPath(childPath)
  const heapMib = Math.max(64, Math.floor(memoryBytesMax / 2 / 1_048_576))
  const flags = [
    `--max-old-space-size=${heapMib}`,
    '--disallow-code-generation-from-strings',
    '--no-warnings',
  ]
  if (!path.endsWith('.ts')) return [...flags, path]
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx'))
  const plainModules = new URL('./plain-modules.mjs', import.meta.url)
  return [...flags, '--import', loader.href, '--import', plainModules.href, path]
}

async function firstThatRuns(wrappers: string[][]): Promise<string[] | undefined> {
  for (const wrapper of wrappers) {
    if (await runs(wrapper)) return wrapper
  }
  return undefined
}

async function runs([command = '', ...args]: string[]): Promise<string[] | undefined> {
  const probe = run(command, [...args, 'true'], { env: environment, timeout: probeTimeoutMs })
  return probe.then(
    () => [command, ...args],
    () => undefined,
  )
}
