/** Which class each picture is of, by the path that it was given with. */
export interface Sorted<T> {
  /** In the order of their names. */
  readonly classes: readonly { readonly name: string; readonly pictures: readonly T[] }[]
  /** What was left out, in sentences. */
  readonly problems: readonly string[]
}

interface Named {
  readonly path: string
}

/** Endings of pictures that browsers read. */
const PICTURE = /\.(png|jpe?g|gif|webp|bmp|avif)$/i
const MOST_CLASSES = 100

/** The folder that a picture lies in; '' where it lies in none. */
const folderOf = (path: string): string => path.split('/').at(-2) ?? ''

/** The words before the number of a file: 'cat' of `cat_01.png`, `cat (2).jpg`, `cat.3.png`. */
export const wordOf = (path: string): string =>
  (path.split('/').at(-1) ?? '')
    .replace(/\.[^.]+$/, '')
    .replace(/[\s_.(-]*\d+\)?$/, '')
    .trim()

/**
 * Sorts pictures into classes: a folder is a class where there are several; else the word that a file's name begins with
 * is. Throws an Error with a sentence where that gives no two classes.
 */
export function sortedByClass<T extends Named>(files: readonly T[]): Sorted<T> {
  const visible = files.filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')))
  const pictures = visible.filter(({ path }) => PICTURE.test(path))
  const others = visible.length - pictures.length
  if (pictures.length === 0)
    throw new Error('There are no pictures among these files: PNG, JPEG, GIF, WebP, BMP and AVIF are read.')
  const folders = new Set(pictures.map(({ path }) => folderOf(path)))
  const nameOf = folders.size > 1 ? folderOf : wordOf
  const classes = new Map<string, T[]>()
  const nameless: T[] = []
  for (const picture of pictures) {
    const name = nameOf(picture.path)
    if (name === '') nameless.push(picture)
    else classes.set(name, [...(classes.get(name) ?? []), picture])
  }
  if (classes.size < 2)
    throw new Error(
      `All these pictures are of one class${classes.size === 1 ? `, ${[...classes.keys()][0]}` : ''}: ` +
        'put each class into a folder of its own, or begin the names of the files with it (cat-1.png, dog-1.png).',
    )
  if (classes.size > MOST_CLASSES)
    throw new Error(
      `These pictures are of ${classes.size} classes, and the lab shows at most ${MOST_CLASSES}: ` +
        'put each class into a folder of its own.',
    )
  const problems = [
    ...(others > 0 ? [`${others === 1 ? 'One file is' : `${others} files are`} no picture and left out.`] : []),
    ...(nameless.length > 0 ? [`${nameless[0]!.path} tells no class and is left out${andMore(nameless.length)}.`] : []),
  ]
  const names = [...classes.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return { classes: names.map((name) => ({ name, pictures: classes.get(name)! })), problems }
}

/** ', as are 3 more'. */
export const andMore = (count: number): string => (count > 1 ? `, as are ${count - 1} more` : '')

/** The places, from 0 to `count` - 1, that are held out: every tenth, and at least one of several. */
export function heldOut(count: number): ReadonlySet<number> {
  const held = new Set<number>()
  for (let i = count > 1 ? Math.min(9, count - 1) : 9; i < count; i += 10) held.add(i)
  return held
}
