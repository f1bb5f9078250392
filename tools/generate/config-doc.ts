// docs/config.md: every setting with its default, from the descriptions in server/src/config.ts.
import { z } from 'zod'
import type { JsonSchema } from './schemas.ts'

export function configText(configSchema: z.ZodType): string {
  const schema: JsonSchema = JSON.parse(
    JSON.stringify(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })),
  )
  const rows = Object.entries(schema.properties ?? {}).map(([name, setting]) => {
    if (!setting.description) throw new Error(`the setting ${name} has no description`)
    return `| \`${name}\` | ${cell(setting.description)} | ${defaultOf(setting)} | ${allowed(setting)} |`
  })
  return `# Settings

Generated from \`server/src/config.ts\` by \`npm run generate\`; do not edit. ipto reads its settings from
the environment, once, at the start. None is needed: without any, the whole product runs in one
process on one machine. A wrong setting stops the start, and all mistakes are named at once.

| Setting | What it does | Default | Allowed |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function defaultOf({ default: value }: JsonSchema): string {
  return value === undefined ? 'unset' : `\`${String(value)}\``
}

function allowed(setting: JsonSchema): string {
  if (setting.enum) return setting.enum.map((value) => `\`${String(value)}\``).join(', ')
  const { minimum, maximum } = setting
  if (minimum !== undefined && maximum !== undefined) {
    return `${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}`
  }
  if (setting.format === 'uri') return 'an address'
  return typeof setting.pattern === 'string' ? `\`${cell(setting.pattern)}\`` : 'text'
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
