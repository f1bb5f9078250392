// One child for one file. Whatever the child does, the server gets an answer in time, within the limits,
// and nothing of the child is left running. A child is never used for a second file.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type {
  ExtractLimits,
  ExtractRequest,
  ExtractResult,
  PageImage,
} from '../../domains/ingest/extractor.ts'
import { Answer } from './answer.ts'
import { type Frame, FrameReader } from './frame-reader.ts'
import { residentBytes } from './memory.ts'
import { PageImages } from './page-images.ts'
import { crashed, outOfMemory, outOfTime, Refusal } from './refusal.ts'
import type { Sandbox } from './sandbox.ts'

const watchEveryMs = 100
const complaintUnitsMax = 4_000

/** What a child is asked to do; one line of JSON on its input. */
export interface Order {
  work: 'extract' | 'draw'
  request: ExtractRequest
  limits: ExtractLimits
}

/** Makes a result of what a child sends: once a frame decides it, else of how the child ended. */
interface Collector<T> {
  /** Throws where the child must be stopped. */
  add(frame: Frame): T | undefined
  end(refusal: Refusal): T
}

export class ExtractorChild {
  private readonly process: ChildProcess
  private readonly gone: Promise<void>
  private complaint = ''
  private hasEnded = false

  constructor({ command, args, environment }: Sandbox) {
    // A group of its own, so that one signal reaches the child and all that it may have started. The
    // fourth pipe carries the answer: libraries may print what they like on the others.
    this.process = spawn(command, args, {
      detached: true,
      env: environment,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    })
    this.gone = new Promise((resolve) => {
      const end = () => {
        this.hasEnded = true
        resolve()
      }
      this.process.once('close', end)
      this.process.once('error', end)
    })
    for (const stream of [this.input, this.output]) stream.on('error', () => {})
    this.process.stderr?.on('data', (bytes: Buffer) => {
      this.complaint = (this.complaint + bytes.toString('latin1')).slice(-complaintUnitsMax)
    })
  }

  get isUsable(): boolean {
    return !this.hasEnded
  }

  /** Rejects only with the reason of `signal`, as `draw`. The child is gone when either settles. */
  extract(
    request: ExtractRequest,
    limits: ExtractLimits,
    signal: AbortSignal,
  ): Promise<ExtractResult> {
    return this.obey({ work: 'extract', request, limits }, new Answer(limits), signal)
  }

  draw(request: ExtractRequest, limits: ExtractLimits, signal: AbortSignal): Promise<PageImage[]> {
    return this.obey({ work: 'draw', request, limits }, new PageImages(), signal)
  }

  private async obey<T>(order: Order, collector: Collector<T>, signal: AbortSignal): Promise<T> {
    const { limits } = order
    const stops: (() => void)[] = []
    try {
      return await new Promise<T>((resolve, reject) => {
        const end = (refusal: Refusal) => resolve(collector.end(refusal))
        stops.push(this.watchTime(limits, end))
        stops.push(this.watchMemory(limits, end))
        stops.push(onAbort(signal, reject))
        this.collect(collector, resolve, end)
        this.gone.then(() => end(this.reasonOfEnd(limits)))
        this.input.end(`${JSON.stringify(order)}\n`)
      })
    } finally {
      for (const stop of stops) stop()
      await this.kill()
    }
  }

  /** Ends the child and waits until it is gone. */
  async kill(): Promise<void> {
    const { pid } = this.process
    if (pid !== undefined) {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // The whole group has already ended.
      }
    }
    for (const stream of [this.input, this.output, this.process.stderr]) stream?.destroy()
    await this.gone
  }

  private collect<T>(
    collector: Collector<T>,
    resolve: (result: T) => void,
    end: (refusal: Refusal) => void,
  ): void {
    const reader = new FrameReader()
    this.output.on('data', (bytes: Buffer) => {
      try {
        for (const frame of reader.push(bytes)) {
          const result = collector.add(frame)
          if (result) resolve(result)
        }
      } catch (error) {
        end(error instanceof Refusal ? error : crashed())
        this.output.destroy()
      }
    })
  }

  /** Why a child ended without an answer. */
  private reasonOfEnd(limits: ExtractLimits): Refusal {
    const isOutOfMemory = /out of memory|allocation failed|bad_alloc/i.test(this.complaint)
    // Nobody but the kernel sends SIGKILL here: ours comes after the answer.
    if (isOutOfMemory || this.process.signalCode === 'SIGKILL') return outOfMemory(limits)
    if (this.process.signalCode === 'SIGXCPU') return outOfTime(limits)
    return crashed()
  }

  private watchTime(limits: ExtractLimits, end: (refusal: Refusal) => void) {
    const timer = setTimeout(() => end(outOfTime(limits)), limits.timeoutMs)
    return () => clearTimeout(timer)
  }

  private watchMemory(limits: ExtractLimits, end: (refusal: Refusal) => void) {
    let isLooking = false
    const timer = setInterval(async () => {
      const { pid } = this.process
      if (isLooking || pid === undefined) return
      isLooking = true
      const bytes = await residentBytes(pid)
      isLooking = false
      if (bytes > limits.memoryBytesMax) end(outOfMemory(limits))
    }, watchEveryMs)
    return () => clearInterval(timer)
  }

  private get input(): Writable {
    return this.process.stdio[0] as Writable
  }

  private get output(): Readable {
    return this.process.stdio[3] as Readable
  }
}

function onAbort(signal: AbortSignal, reject: (reason: unknown) => void): () => void {
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return () => signal.removeEventListener('abort', abort)
}
