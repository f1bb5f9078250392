// Resident memory of a process and of all that it started.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Bytes; 0 where the process is gone. `groupId` is the id of a process that leads its own group. */
export async function residentBytes(groupId: number): Promise<number> {
  return platform() === 'linux' ? residentBytesOfTree(groupId) : residentBytesOfGroup(groupId)
}

async function residentBytesOfTree(id: number): Promise<number> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
  const ownBytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024
  let bytes = ownBytes
  for (const child of await childrenOf(id)) bytes += await residentBytesOfTree(child)
  return bytes
}

/** A child is listed under the thread that started it. */
async function childrenOf(id: number): Promise<number[]> {
  const threads = await readdir(`/proc/${id}/task`).catch(() => [])
  const lists = await Promise.all(
    threads.map((thread) =>
      readFile(`/proc/${id}/task/${thread}/children`, 'utf8').catch(() => ''),
    ),
  )
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
}

async function residentBytesOfGroup(groupId: number): Promise<number> {
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,rss=']).catch(() => ({ stdout: '' }))
  let bytes = 0
  for (const line of stdout.split('\n')) {
    const [group, kib] = line.trim().split(/\s+/).map(Number)
    if (group === groupId && kib !== undefined) bytes += kib * 1_024
  }
  return bytes
}
