// The package of the SDK as it is published, made in a folder of its own.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const exec = promisify(execFile)

/** Runs a program of the repository, or one by its path, in a folder; rejects with what it printed. */
export async function run(program: string, args: string[], folder = root): Promise<string> {
  try {
    return (await exec(program, args, { cwd: folder })).stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error)
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

export function runNode(script: string, args: string[], folder = root): Promise<string> {
  return run(process.execPath, [join(root, 'node_modules', script), ...args], folder)
}

export async function buildSdk(folder: string): Promise<void> {
  await runNode('tsx/dist/cli.mjs', ['tools/build-sdk.ts', folder])
}
