// docs/openapi-v2.json: the integration API alone, cut from the whole document, with the components that
// it leads to and no others.
import { openapi } from './openapi.ts'
import { tagMeanings } from './openapi-texts.ts'

interface Json {
  [name: string]: unknown
}

export function integrationText(version: string): string {
  return `${JSON.stringify(integrationCut(version), null, 2)}\n`
}

/** The document as a value. */
export function integrationCut(version: string): Json {
  const whole = openapi(version)
  const components = groupsOf(whole.components)
  const paths = Object.fromEntries(
    Object.entries(objectOf(whole.paths)).filter(([path]) => path.startsWith('/v2/')),
  )
  const { securitySchemes } = objectOf(whole.components)
  return {
    openapi: whole.openapi,
    info: {
      ...objectOf(whole.info),
      title: 'ipto integration API',
      summary: 'Documents, projects and companies: a read view of objects, datasets and tenants',
      description:
        'The integration profile of ipto beside the API under `/v1`, which stays; neither follows the other.',
    },
    servers: whole.servers,
    tags: tagsIn(paths).map((name) => ({ name, description: tagMeanings[name] })),
    paths,
    components: { securitySchemes, ...reached(paths, components) },
  }
}

function tagsIn(paths: Json): string[] {
  const operations = Object.values(paths).flatMap((path) => Object.values(objectOf(path)))
  return [...new Set(operations.flatMap((one) => objectOf(one).tags).map(String))]
}

function reached(paths: Json, components: Map<string, Json>): Json {
  const found = new Set<string>()
  const waiting: unknown[] = [paths]
  while (waiting.length > 0) {
    for (const [, ref] of JSON.stringify(waiting.pop()).matchAll(/"#\/components\/([^"]+)"/g)) {
      if (ref === undefined || found.has(ref)) continue
      found.add(ref)
      waiting.push(targetOf(components, ref))
    }
  }
  return Object.fromEntries(
    [...components].map(([group, members]) => [
      group,
      Object.fromEntries(Object.entries(members).filter(([name]) => found.has(`${group}/${name}`))),
    ]),
  )
}

function targetOf(components: Map<string, Json>, ref: string): unknown {
  const [group = '', name = ''] = ref.split('/')
  const target = components.get(group)?.[name]
  if (target === undefined) throw new Error(`#/components/${ref} leads to nothing`)
  return target
}

function groupsOf(value: unknown): Map<string, Json> {
  const groups = Object.entries(objectOf(value)).filter(([name]) => name !== 'securitySchemes')
  return new Map(groups.map(([name, members]) => [name, objectOf(members)]))
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
