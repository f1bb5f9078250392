// Waits for background work by asking, never by a fixed time.
import { setTimeout as sleep } from 'node:timers/promises'

export async function until(isDone: () => Promise<boolean>, msMax = 20_000): Promise<void> {
  const end = performance.now() + msMax
  while (!(await isDone())) {
    if (performance.now() > end) throw new Error(`it did not happen within ${msMax} ms`)
    await sleep(25)
  }
}
