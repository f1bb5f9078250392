// The one reader of the environment. Read once, checked as a whole, handed on in slices. Without any
// setting the whole product runs on one machine.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { DbConfig } from './adapters/db/open.ts'
import type { EngineConfig } from './adapters/engine/open.ts'
import type { OutboundConfig } from './adapters/outbound/open.ts'
import type { ExtractLimits } from './domains/ingest/extractor.ts'

const whole = (min: number, max: number, standard: number) =>
  z.coerce.number().int().min(min).max(max).default(standard)

export const configSchema = z.object({
  HOST: z.string().default('127.0.0.1').meta({ description: 'Address to listen on.' }),
  PORT: whole(0, 65_535, 4786).meta({
    description: 'Port to listen on; 0 takes a free one. The default spells IPTO on a telephone.',
  }),
  DATA_DIR: z.string().min(1).default('.ipto').meta({
    description: 'Folder for the embedded database, blobs and the secret key.',
  }),
  PUBLIC_URL: z.url().optional().meta({
    description:
      'Address under which callers reach the server; presigned addresses use it. Default: http://localhost:PORT.',
  }),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional()
    .meta({ description: 'PostgreSQL 15 or newer. Unset: PGlite in DATA_DIR.' }),
  ENGINE_URL: z
    .enum(['embedded', 'none'], { error: 'must be embedded or none; there is no other engine yet' })
    .default('embedded')
    .meta({
      description:
        'Search engine. embedded: in this process, of which there may be one. none: a further process on the same DATABASE_URL and DATA_DIR, which answers searches with 503 and everything else.',
    }),
  IPTO_ENV: z.enum(['development', 'production']).default('development').meta({
    description: 'production refuses what can lose data, such as the embedded database.',
  }),
  IPTO_OPERATOR_EMAIL: z.string().optional().meta({
    description: 'Mail of the first operator, made at a start without any operator.',
  }),
  IPTO_OPERATOR_PASSWORD: z.string().min(8).max(256).optional().meta({
    description: 'Password of the first operator, at least 8 characters.',
  }),
  SECRET_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .optional()
    .meta({
      description:
        'Signs cursors and addresses and encrypts remembered answers. Unset: made once in DATA_DIR/secret.key. Several processes must share it.',
    }),
  SESSION_HOURS: whole(1, 24, 12).meta({ description: 'Life of a session, in hours.' }),
  REVIEW_HOURS: whole(48, 72, 72).meta({ description: 'Time for a review, in hours.' }),
  REVIEW_SAMPLE_PERCENT: whole(0, 100, 10).meta({
    description:
      'Of the objects that are approved by rule, the share that operators review after the fact.',
  }),
  UPLOAD_MINUTES: whole(1, 60, 15).meta({ description: 'Life of an upload address, in minutes.' }),
  UPLOAD_BYTES_MAX: whole(1, 1_099_511_627_776, 5_368_709_120).meta({
    description: 'Largest file that may be uploaded, in bytes.',
  }),
  GRACE_DAYS: whole(0, 365, 7).meta({
    description: 'Days for which deleted bytes are kept before the purge.',
  }),
  SEARCH_TIMEOUT_MS: whole(50, 60_000, 2_000).meta({
    description: 'Hard limit of one search, in milliseconds.',
  }),
  EXTRACT_TIMEOUT_SECONDS: whole(1, 3_600, 120).meta({
    description: 'Time limit for reading one file, in seconds.',
  }),
  EXTRACT_MEMORY_MB: whole(128, 65_536, 1_024).meta({
    description: 'Resident memory limit for reading one file, in MiB.',
  }),
  EXTRACT_PAGES_MAX: whole(1, 100_000, 2_000).meta({ description: 'Most pages of one file.' }),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['true', 'false']).default('false').meta({
    description:
      'Lets webhooks go to private and loopback addresses and over plain HTTP. Whoever may make a webhook can then reach what this machine reaches.',
  }),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info').meta({
    description: 'What the server writes to standard error, as JSON lines.',
  }),
})

export interface Config {
  host: string
  port: number
  dataDir: string
  publicUrl: string | null
  db: DbConfig
  engine: EngineConfig
  isProduction: boolean
  operator: { email: string; password: string } | null
  secretKey: Uint8Array
  logLevel: string
  settings: Settings
  extractor: { limits: ExtractLimits; workers: number; isolate: boolean }
  outbound: OutboundConfig
}

/** What domains may know of the configuration. */
export interface Settings {
  sessionHours: number
  reviewHours: number
  reviewSamplePercent: number
  uploadMinutes: number
  uploadBytesMax: number
  graceDays: number
  searchTimeoutMs: number
}

/** Throws one error that names every wrong setting. */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = configSchema.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`These settings are wrong:\n${lines.join('\n')}\nSee docs/config.md.`)
  }
  const env = parsed.data
  const dataDir = resolve(env.DATA_DIR)
  const isProduction = env.IPTO_ENV === 'production'
  if (isProduction && !env.DATABASE_URL) {
    throw new Error(
      'IPTO_ENV=production needs DATABASE_URL: the embedded database does not sync to disk, so a power cut can lose data.',
    )
  }
  if (Boolean(env.IPTO_OPERATOR_EMAIL) !== Boolean(env.IPTO_OPERATOR_PASSWORD)) {
    throw new Error('IPTO_OPERATOR_EMAIL and IPTO_OPERATOR_PASSWORD go together; set both or none.')
  }
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    dataDir,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    db: env.DATABASE_URL
      ? { kind: 'postgres' as const, url: env.DATABASE_URL }
      : { kind: 'pglite' as const, folder: dataDir },
    engine: { kind: env.ENGINE_URL },
    isProduction,
    operator:
      env.IPTO_OPERATOR_EMAIL && env.IPTO_OPERATOR_PASSWORD
        ? { email: env.IPTO_OPERATOR_EMAIL, password: env.IPTO_OPERATOR_PASSWORD }
        : null,
    secretKey: env.SECRET_KEY ? Buffer.from(env.SECRET_KEY, 'hex') : storedKey(dataDir),
    logLevel: env.LOG_LEVEL,
    settings: {
      sessionHours: env.SESSION_HOURS,
      reviewHours: env.REVIEW_HOURS,
      reviewSamplePercent: env.REVIEW_SAMPLE_PERCENT,
      uploadMinutes: env.UPLOAD_MINUTES,
      uploadBytesMax: env.UPLOAD_BYTES_MAX,
      graceDays: env.GRACE_DAYS,
      searchTimeoutMs: env.SEARCH_TIMEOUT_MS,
    },
    extractor: {
      limits: {
        timeoutMs: env.EXTRACT_TIMEOUT_SECONDS * 1_000,
        memoryBytesMax: env.EXTRACT_MEMORY_MB * 1_048_576,
        pagesMax: env.EXTRACT_PAGES_MAX,
        textUnitsMax: 20_000_000,
        pixelsMax: 50_000_000,
      },
      workers: Math.max(1, availableParallelism() - 1),
      isolate: true,
    },
    outbound: { kind: 'http' as const, allowPrivate: env.WEBHOOK_ALLOW_PRIVATE === 'true' },
  })
}

function storedKey(dataDir: string): Uint8Array {
  const path = join(dataDir, 'secret.key')
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true })
    // `wx`: of two processes that start at once, one writes and both read.
    try {
      writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if (!existsSync(path)) throw error
    }
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')
}
