/** The OpenAPI description of `/testing/`, made of its words. */
import type { Schema, Word } from './words.ts'

/** A document of OpenAPI 3.1. */
export function openApiOf(words: readonly Word[]): Schema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const word of words) {
    const path = `/testing/${word.path.replace(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [word.method.toLowerCase()]: operationOf(word) }
  }
  return {
    openapi: '3.1.0',
    info: { title: "Ottla's words for tests", version: '1' },
    security: [{}, { token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}

function operationOf({ path, method, summary, body }: Word): Schema {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: 'string' },
  }))
  const content = {
    'application/json': { schema: { type: 'object', properties: body ?? {}, additionalProperties: false } },
  }
  const answers = { '200': { description: 'Done', content: { 'application/json': { schema: { type: 'object' } } } } }
  return {
    summary,
    operationId: `${method.toLowerCase()}${path.replace(/(?:^|[/:-]+)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    ...(parameters.length > 0 && { parameters }),
    ...(method === 'POST' && { requestBody: { content } }),
    responses: {
      ...answers,
      default: { description: 'A sentence that says why not', content: answers['200'].content },
    },
  }
}
