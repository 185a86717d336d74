// Reads interfaces and type aliases, with what their comments say, from a file of types. It relies on how the formatter
// of this repository lays these out.

const COMMENT = String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\n)?`
const INTERFACE = new RegExp(
  String.raw`^${COMMENT}export interface (\w+)(?:<\w+>)?(?: extends ([^{]+?))? \{\n([\s\S]*?)^\}`,
  'gm',
)
const ALIAS = new RegExp(
  String.raw`^${COMMENT}export type (\w+)(?:<\w+>)? =\s*((?:(?!\n\n|\nexport|\n/\*\*)[\s\S])*)`,
  'gm',
)

/** A file's types by name: `{ says, above, fields }` of an interface, `{ says, type }` of an alias. */
export function typesOf(text) {
  const interfaces = [...text.matchAll(INTERFACE)].map(([, says, name, above = '', body]) => {
    return [name, { says: words(says), above: above.split(/, (?![^<]*>)/).filter(Boolean), fields: fieldsOf(body, '') }]
  })
  const aliases = [...text.matchAll(ALIAS)].map(([, says, name, type]) => [
    name,
    { says: words(says), type: plain(type) },
  ])
  return new Map([...interfaces, ...aliases])
}

/** All fields of an interface with those of the interfaces that it extends, `Pick` and `Partial` included. */
export function allFields(name, types) {
  const { above, fields } = types.get(name)
  const inherited = above.flatMap((one) => {
    const [, how, from, names = ''] = /^(Pick|Partial)<(\w+)(?:, (.*))?>$/.exec(one) ?? [undefined, undefined, one]
    const all = allFields(from, types)
    if (how === 'Partial') return all.map((field) => ({ ...field, optional: true }))
    return how === undefined ? all : all.filter((field) => names.includes(`'${field.name}'`))
  })
  return [...fields, ...inherited]
}

/** `{ name, optional, type, says }` of each line of an interface; those of an object within have its name before them. */
function fieldsOf(body, group) {
  const indent = /^ */.exec(body)[0]
  const lines = new RegExp(`^${indent}(?=\\S)(?!\\})`, 'm')
  let says = ''
  return body
    .split(lines)
    .filter((part) => part.trim() !== '')
    .flatMap((part) => {
      const comment = /^(?:\/\*\*([\s\S]*?)\*\/|\/\/ (.*))\s*$/.exec(part)
      if (comment) {
        says = words(comment[1] ?? comment[2])
        return []
      }
      const own = says
      says = ''
      const [, name, optional, type] = /^(?:readonly )?(\w+)(\?)?: ([\s\S]*)$/.exec(part) ?? []
      // A method.
      if (name === undefined) return []
      const inner = /^\{\n([\s\S]*)\n\s*\}\s*$/.exec(type)?.[1]
      const field = {
        name: group + name,
        optional: optional === '?',
        type: inner === undefined ? plain(type) : 'object',
        says: own,
      }
      return [field, ...(inner === undefined ? [] : fieldsOf(inner, `${group}${name}.`))]
    })
}

/** A comment as a sentence. */
const words = (comment = '') => comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim()

/** A type without what only a compiler wants to know. */
function plain(type) {
  let simpler = type
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('readonly ', '')
    .replaceAll(/\bScores\b/g, 'Figures')
    .replaceAll('Figures<number>', 'Figures')
    .replaceAll(/\bT\b/g, 'number')
    .replace(/^\| /, '')
    .trim()
  // From within.
  for (let before = ''; before !== simpler; ) {
    before = simpler
    simpler = simpler.replaceAll(/Readonly<([^<>]*)>/g, '$1').replaceAll(/Record<(\w+), ([^<>]*)>/g, '{ [name]: $2 }')
  }
  return simpler
}
