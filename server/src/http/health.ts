// Alive, ready, and numbers: for whoever watches the process.
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface HealthDeps {
  /** Each dependency by name; a check throws where it does not work. `none`: this process has none. */
  checks: Record<string, (() => Promise<void>) | 'none'>
  /** Waiting tasks by queue. */
  queueDepths: () => Promise<{ name: string; waiting: number }[]>
}

export function healthRoutes(app: FastifyInstance, { checks, queueDepths }: HealthDeps): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        if (check === 'none') return [name, check] as const
        const isReady = await check().then(
          () => true,
          () => false,
        )
        return [name, isReady ? 'ok' : 'failed'] as const
      }),
    )
    const isReady = results.every(([, state]) => state !== 'failed')
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : 'not ready', checks: Object.fromEntries(results) })
  })
  metricsRoute(app, queueDepths)
}

function metricsRoute(app: FastifyInstance, queueDepths: HealthDeps['queueDepths']): void {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'ipto_http_request_duration_seconds',
    help: 'Time of a request by route and status',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  new Gauge({
    name: 'ipto_queue_waiting_tasks',
    help: 'Tasks that wait in a queue',
    labelNames: ['queue'],
    registers,
    async collect() {
      for (const { name, waiting } of await queueDepths()) this.set({ queue: name }, waiting)
    },
  })
  app.addHook('onResponse', async (request, reply) => {
    // The pattern, not the address: an id in a label would make a series for every object.
    const route = request.routeOptions.url ?? 'unknown'
    const labels = { method: request.method, route, status: reply.statusCode }
    seconds.observe(labels, reply.elapsedTime / 1_000)
  })
  app.get('/metrics', async (_, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}
