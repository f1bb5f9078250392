import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { testDb } from './db.suite.ts'
import { openDb } from './open.ts'

describe('PGlite', () => testDb(() => openDb({ kind: 'pglite', folder: null })))

describe('the lock of a data folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ipto-lock-'))
  const lock = join(folder, 'lock')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('a second start fails with a sentence, and a third after the end works', async () => {
    const first = await openDb({ kind: 'pglite', folder })
    await expect(openDb({ kind: 'pglite', folder })).rejects.toThrow('is in use by another ipto')
    await first.db.close()
    expect(existsSync(lock)).toBe(false)
    const third = await openDb({ kind: 'pglite', folder })
    await third.db.close()
  })

  test('a lock of a dead process is taken over', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => child.once('exit', resolve))
    writeFileSync(lock, JSON.stringify({ pid: child.pid, startedAt: '1' }))
    const opened = await openDb({ kind: 'pglite', folder })
    expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid)
    await opened.db.close()
  })

  test('a lock of another living process is respected', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(lock, JSON.stringify({ pid: child.pid, startedAt }))
    await expect(openDb({ kind: 'pglite', folder })).rejects.toThrow('is in use')
    child.kill('SIGKILL')
    rmSync(lock)
  })
})
