/** `/metrics`, for Prometheus. */
import type { HttpPieces, HttpRoutes } from './routes.ts'

/** What a scrape asks for. */
export interface MetricsQuery {
  readonly byPartition: boolean
  readonly asKafkaExporter: boolean
}

/** Scrapes that are answered at once: the others are told to come again. */
const scrapesMax = 4

export function metricsRoutes(read: (query: MetricsQuery) => HttpPieces): HttpRoutes {
  let scrapes = 0
  async function* counted(pieces: HttpPieces): HttpPieces {
    scrapes++
    try {
      yield* pieces
    } finally {
      scrapes--
    }
  }
  return {
    '/metrics': {
      GET: ({ query }) => {
        const [detail, names] = [query.get('detail'), query.get('names')]
        if (detail !== null && detail !== 'partition') return refused('detail', detail, 'partition')
        if (names !== null && names !== 'kafka_exporter') return refused('names', names, 'kafka_exporter')
        if (scrapes >= scrapesMax) return { status: 503, body: { error: 'others are being told the same; ask again' } }
        return {
          status: 200,
          body: counted(read({ byPartition: detail !== null, asKafkaExporter: names !== null })),
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
        }
      },
    },
  }
}

function refused(name: string, given: string, known: string) {
  const error = `${name}=${given.slice(0, 100)} is unknown; there is ${name}=${known}, or none`
  return { status: 400, body: { error } }
}
