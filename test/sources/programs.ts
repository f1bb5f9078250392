// Runs a block of the documents with the program it was written for: bash with curl, python3 with
// requests, Node. A child process each, in a folder of its own, with nothing of our environment but
// where programs are found and the names that the block asks for.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { stripTypeScriptTypes } from '../strip-types.ts'
import type { Block, Json } from './documents.ts'

export interface Program {
  text: string
  /** Values of the names that the block uses and does not declare. */
  free: Record<string, string>
  reads: Block['reads']
  /** JavaScript before the block, for names that are no texts. */
  prelude: string
}

export interface Ran {
  /** Undefined where a program keeps it to itself. */
  status: number | undefined
  body: Json | undefined
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const python = findPython()
const missing: Partial<Record<Block['kind'], string>> = {
  ...(!(runs('bash', '--version') && runs('curl', '--version')) && { curl: 'bash with curl' }),
  ...(!python && { python: 'python3 with requests (Debian: python3-requests)' }),
}

/** What a run of this kind would need and does not find. With CI=true that is an error. */
export function missingProgram(kind: Block['kind']): string | undefined {
  const program = missing[kind]
  if (program && process.env.CI) throw new Error(`The source documents need ${program}.`)
  return program
}

export function runProgram(kind: Block['kind'], program: Program): Promise<Ran> {
  if (kind === 'curl') return runCurl(program)
  if (kind === 'python') return runPython(program)
  return runNode(program, kind === 'typescript')
}

/** curl writes head and body down as a user's ~/.curlrc may ask it to: the command stays as it is. */
function runCurl({ text, free }: Program): Promise<Ran> {
  return inFolder(async (folder) => {
    const head = join(folder, 'head')
    await writeFile(join(folder, '.curlrc'), `silent\nshow-error\ndump-header = "${head}"\n`)
    const uuidgen = 'uuidgen() { cat /proc/sys/kernel/random/uuid; }'
    const script = `command -v uuidgen >/dev/null || ${uuidgen}\n${text}\n`
    await writeFile(join(folder, 'block.sh'), script)
    const body = await output('bash', ['-eu', join(folder, 'block.sh')], {
      env: { ...free, HOME: folder, CURL_HOME: folder },
    })
    const [, status] = /^HTTP\/\S+ (\d{3})/.exec(await readFile(head, 'utf8')) ?? []
    return { status: Number(status), body: body === '' ? undefined : JSON.parse(body) }
  })
}

function runPython({ text, free, reads }: Program): Promise<Ran> {
  return inFolder(async (folder) => {
    const lines = [
      ...assignments('', free),
      text,
      'import json as _json',
      `print(_json.dumps({"status": ${reads?.status ?? 'None'}, "body": ${reads?.body}}))`,
    ]
    const file = join(folder, 'block.py')
    await writeFile(file, `${lines.join('\n')}\n`)
    return readRan(await output(python ?? 'python3', [file], { env: { HOME: folder } }))
  })
}

function runNode({ text, free, reads, prelude }: Program, isTyped: boolean): Promise<Ran> {
  return inFolder(async (folder) => {
    const lines = [
      prelude,
      ...assignments('const ', free),
      isTyped ? stripTypeScriptTypes(text) : text,
      `console.log(JSON.stringify({ status: ${reads?.status}, body: ${reads?.body} }))`,
    ]
    const file = join(folder, 'block.mjs')
    await writeFile(file, `${lines.join('\n')}\n`)
    // The SDK is TypeScript, which Node 20 reads with tsx alone.
    const loader = prelude === '' ? [] : ['--import', 'tsx']
    return readRan(await output(process.execPath, [...loader, file], { env: { HOME: folder } }))
  })
}

function assignments(keyword: string, free: Record<string, string>): string[] {
  return Object.entries(free).map(([name, value]) => `${keyword}${name} = ${JSON.stringify(value)}`)
}

function readRan(text: string): Ran {
  const { status, body } = JSON.parse(text)
  return { status: status ?? undefined, body }
}

async function output(
  program: string,
  args: string[],
  { env }: { env: Record<string, string> },
): Promise<string> {
  const all = { PATH: process.env.PATH, ...env }
  const { stdout } = await promisify(execFile)(program, args, { cwd: root, env: all })
  return stdout
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-block-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// The first on the path may be another than Debian's, and lack what Debian's has.
function findPython(): string | undefined {
  for (const name of ['python3', '/usr/bin/python3']) {
    const code = 'import requests, sys; print(sys.executable)'
    const { status, stdout } = spawnSync(name, ['-c', code], { encoding: 'utf8' })
    if (status === 0) return stdout.trim()
  }
  return undefined
}

function runs(program: string, argument: string): boolean {
  return spawnSync(program, [argument]).status === 0
}
