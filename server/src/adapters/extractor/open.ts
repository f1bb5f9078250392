// The parsers of hostile files, each file in a child of its own. At most `workers` files are read at
// once; one spare child waits, so that a file does not wait for a program to start.
import type {
  ExtractLimits,
  Extractor,
  ExtractRequest,
  ExtractResult,
  PageImage,
} from '../../domains/ingest/extractor.ts'
import { ExtractorChild } from './child-process.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'

export interface ExtractorConfig {
  limits: ExtractLimits
  /** Files that are read at the same time. */
  workers?: number
  /** Asks for children without network. Where the system refuses, `isolated` is false. */
  isolate: boolean
  /** Another program for the child, to test that a hostile one is contained. */
  childPath?: URL
}

const spareLifeMs = 60_000

export async function openExtractor(config: ExtractorConfig): Promise<Extractor> {
  const childPath = config.childPath ?? new URL('./child.ts', import.meta.url)
  const sandbox = await openSandbox(childPath, config.limits, config.isolate)
  return new ChildExtractor(sandbox, config)
}

class ChildExtractor implements Extractor {
  readonly isolated: boolean
  private readonly sandbox: Sandbox
  private readonly limits: ExtractLimits
  private readonly closing = new AbortController()
  private readonly waiting: (() => void)[] = []
  private readonly running = new Set<Promise<unknown>>()
  private freeWorkers: number
  private spare: ExtractorChild | undefined
  private spareTimer: NodeJS.Timeout | undefined

  constructor(sandbox: Sandbox, { limits, workers = 1 }: ExtractorConfig) {
    this.sandbox = sandbox
    this.isolated = sandbox.isolated
    this.limits = limits
    this.freeWorkers = workers
  }

  extract(request: ExtractRequest, signal: AbortSignal): Promise<ExtractResult> {
    return this.withChild(signal, (child, either) => child.extract(request, this.limits, either))
  }

  draw(request: ExtractRequest, signal: AbortSignal): Promise<PageImage[]> {
    return this.withChild(signal, (child, either) => child.draw(request, this.limits, either))
  }

  private async withChild<T>(
    signal: AbortSignal,
    use: (child: ExtractorChild, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const eitherSignal = AbortSignal.any([signal, this.closing.signal])
    const work = this.takeTurn(() => {
      eitherSignal.throwIfAborted()
      return use(this.takeChild(), eitherSignal)
    })
    this.running.add(work)
    try {
      return await work
    } finally {
      this.running.delete(work)
      if (!this.closing.signal.aborted) this.keepSpare()
    }
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the extractor is closed'))
    await Promise.allSettled(this.running)
    await this.dropSpare()
  }

  private async takeTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.freeWorkers > 0) this.freeWorkers -= 1
    else await new Promise<void>((resolve) => this.waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next) next()
      else this.freeWorkers += 1
    }
  }

  private takeChild(): ExtractorChild {
    const { spare } = this
    this.spare = undefined
    clearTimeout(this.spareTimer)
    return spare?.isUsable ? spare : new ExtractorChild(this.sandbox)
  }

  /** After a file the next one is likely; without one the spare's memory is given back. */
  private keepSpare(): void {
    if (this.spare) return
    this.spare = new ExtractorChild(this.sandbox)
    this.spareTimer = setTimeout(() => void this.dropSpare(), spareLifeMs)
    this.spareTimer.unref()
  }

  private async dropSpare(): Promise<void> {
    clearTimeout(this.spareTimer)
    const { spare } = this
    this.spare = undefined
    await spare?.kill()
  }
}
