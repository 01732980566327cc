/** The OpenAPI description of `/testing/`, made of its words. */
import type { Schema, Word } from './words.ts'

/** A document of OpenAPI 3.1. */
export function openApiOf(words: readonly Word[]): Schema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const word of words) {
    const path = `/${word.path.replace(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [word.method.toLowerCase()]: operationOf(word) }
  }
  return {
    openapi: '3.1.0',
    info: { title: "Ottla's words for tests", version: '1' },
    servers: [
      { url: '/testing', description: 'The broker' },
      {
        url: '/testing/clusters/{cluster}',
        description: 'A virtual cluster, which has all of the words',
        variables: { cluster: { default: 'NAME' } },
      },
    ],
    security: [{}, { token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}

function operationOf({ path, method, summary, body, query = {}, otherwise = {} }: Word): Schema {
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => {
      return { ...{ name, in: 'path', required: true }, schema: { type: 'string' } }
    }),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema })),
  ]
  const content = {
    'application/json': { schema: { type: 'object', properties: body ?? {}, additionalProperties: false } },
  }
  const answered = { content: { 'application/json': { schema: { type: 'object' } } } }
  const others = Object.entries(otherwise).map(([status, description]) => [status, { description, ...answered }])
  return {
    summary,
    operationId: `${method.toLowerCase()}${path.replace(/(?:^|[/:-]+)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    ...(parameters.length > 0 && { parameters }),
    ...(method === 'POST' && { requestBody: { content } }),
    responses: {
      '200': { description: 'Done', ...answered },
      ...Object.fromEntries(others),
      default: { description: 'A sentence that says why not', ...answered },
    },
  }
}
