// What each database must do.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Db, json } from '../../base/db.ts'
import type { OpenDb } from './open.ts'

export function testDb(open: () => Promise<OpenDb>): void {
  let opened: OpenDb
  let db: Db
  beforeAll(async () => {
    opened = await open()
    db = opened.db
    await opened.script('create table things (id text primary key, count bigint not null)')
  })
  afterAll(() => db.close())

  test('columns become camelCase, bigint columns bigint, times Date; jsonb keeps its insides', async () => {
    const row = await db.first<Record<string, unknown>>`
      select 9007199254740993::bigint as big_count, ${new Date(0)}::timestamptz as seen_at,
        ${json({ internal_id: 1 })}::jsonb as told_facts, ${['a', 'b']}::text[] as two_words,
        ${Uint8Array.of(1, 2)}::bytea as raw_bytes`
    expect(row).toMatchObject({
      bigCount: 9_007_199_254_740_993n,
      seenAt: new Date(0),
      toldFacts: { internal_id: 1 },
      twoWords: ['a', 'b'],
    })
    expect(Buffer.from(row?.rawBytes as Uint8Array).toString('hex')).toBe('0102')
  })

  test('a value can only be bound, never run', async () => {
    const text = `'; drop table things; --`
    expect(await db.first`select ${text}::text as text`).toEqual({ text })
    expect(await db.rows`select * from things`).toEqual([])
  })

  test('a transaction that throws leaves nothing', async () => {
    const failed = db.tx(async (tx) => {
      await tx.run`insert into things (id, count) values ('a', 1)`
      throw new Error('on purpose')
    })
    await expect(failed).rejects.toThrow('on purpose')
    expect(await db.rows`select * from things`).toEqual([])
  })

  test('db inside tx throws at once instead of waiting for ever', async () => {
    await db.tx(async () => {
      await expect(db.rows`select 1`).rejects.toThrow('only tx is used')
      await expect(db.tx(async () => 1)).rejects.toThrow('not opened inside another')
    })
  })

  test('hints run after the commit, and never after a rollback', async () => {
    const told: string[] = []
    await db.tx(async (tx) => {
      tx.afterCommit(() => told.push('committed'))
      expect(told).toEqual([])
    })
    await db
      .tx(async (tx) => {
        tx.afterCommit(() => told.push('rolled back'))
        throw new Error('on purpose')
      })
      .catch(() => undefined)
    expect(told).toEqual(['committed'])
  })

  test('counters that many raise at once lose nothing', async () => {
    await db.run`insert into things (id, count) values ('c', 0)`
    const raise = () => db.tx((tx) => tx.run`update things set count = count + 1 where id = 'c'`)
    await Promise.all(Array.from({ length: 20 }, raise))
    expect(await db.first`select count from things where id = 'c'`).toEqual({ count: 20n })
  })

  test('two transactions that lock each other are tried again, and both end', async () => {
    await db.run`insert into things (id, count) values ('x', 0), ('y', 0)`
    const inOrder = (first: string, second: string) =>
      db.tx(async (tx) => {
        await tx.run`update things set count = count + 1 where id = ${first}`
        await tx.run`update things set count = count + 1 where id = ${second}`
      })
    await Promise.all([inOrder('x', 'y'), inOrder('y', 'x')])
    expect(await db.rows`select count from things where id in ('x', 'y')`).toEqual([
      { count: 2n },
      { count: 2n },
    ])
  })

  test('migrations may run again and do nothing', async () => {
    const before = await db.rows`select name from schema_migrations order by name`
    const { migrate } = await import('./migrate.ts')
    expect(await migrate(opened)).toEqual([])
    expect(await db.rows`select name from schema_migrations order by name`).toEqual(before)
  })

  // The last: nothing works after it.
  test('once closed it is away, for a statement and for a transaction', async () => {
    await db.close()
    const away = { code: 'service_unavailable' }
    await expect(db.rows`select 1`).rejects.toMatchObject(away)
    await expect(db.tx((tx) => tx.rows`select 1`)).rejects.toMatchObject(away)
  })
}
