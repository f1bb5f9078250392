// Sends the request of a block: its own bytes, with what the list says is replaced and nothing else.
import { type Block, type DocumentName, type Json, textOf } from './documents.ts'
import { type Ran, runProgram } from './programs.ts'
import { bytesOf, type Message, requestOf, sendBytes } from './raw-http.ts'

type Value = string | ((block: Block) => string | Promise<string>)

/** What the blocks of a document run against. Functions, because the world is opened later. */
export interface Setting {
  url: () => string
  token: () => string
  /** Sample ids and cursors, credentials other than the token, and free names other than it. */
  values?: Record<string, Value>
  /** Requests that the document describes in words, by the name that the list gives them. */
  cases?: Record<string, () => Promise<Json>>
  /** JavaScript that declares free names that are no texts. */
  prelude?: () => string
}

export interface Answered extends Ran {
  /** With its head, where the block is HTTP itself. */
  message?: Message
}

export async function ask(name: DocumentName, block: Block, setting: Setting): Promise<Answered> {
  let text = textOf(name, block)
  const url = setting.url()
  for (const [sample, role] of Object.entries(block.replaced ?? {})) {
    const host = block.kind === 'http' ? new URL(url).host : url
    const value = role === 'host' ? host : await standIn(sample, block, setting)
    text = text.replaceAll(sample, value)
  }
  if (block.kind === 'http') return answeredBy(await sendBytes(url, bytesOf(text, block.added)))
  if (block.kind === 'endpoint') {
    const request = { url, token: setting.token(), body: block.body }
    return answeredBy(await sendBytes(url, requestOf(text, request)))
  }
  const free: Record<string, string> = {}
  for (const [variable, role] of Object.entries(block.free ?? {})) {
    if (role === 'credential') free[variable] = await standIn(variable, block, setting)
  }
  const prelude = Object.keys(block.free ?? {}).every((one) => one in free)
    ? ''
    : (setting.prelude?.() ?? '')
  return runProgram(block.kind, { text, free, reads: block.reads, prelude })
}

async function standIn(sample: string, block: Block, { values, token }: Setting): Promise<string> {
  const value = values?.[sample]
  if (typeof value === 'function') return value(block)
  if (value !== undefined) return value
  const isCredential = { ...block.replaced, ...block.free }[sample] === 'credential'
  if (!isCredential) throw new Error(`nothing stands for ${sample}`)
  return token()
}

function answeredBy(message: Message): Answered {
  const body = message.body === '' ? undefined : JSON.parse(message.body)
  return { status: Number(message.start.split(' ')[1]), body, message }
}
