/** Text as it may stand in HTML and SVG, in attributes too. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Attributes of an element; those that are undefined are left out. */
export const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')

/** An element with what it holds: markup, already escaped. */
export const element = (
  name: string,
  values: Readonly<Record<string, string | number | undefined>> = {},
  ...content: readonly string[]
): string => `<${name}${attributes(values)}>${content.join('')}</${name}>`

/** A number of a path, without digits that nobody sees. */
export const rounded = (value: number): number => Math.round(100 * value) / 100
