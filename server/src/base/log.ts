// What the server may write down. The format and the destination belong to main.ts; credentials and
// content never reach it.

export interface Log {
  info(facts: Record<string, unknown>, message: string): void
  warn(facts: Record<string, unknown>, message: string): void
  error(facts: Record<string, unknown>, message: string): void
}

export const silentLog: Log = { info() {}, warn() {}, error() {} }
