// Pictures of one's own: decoded, fitted to what a network reads, gathered from folders.
const images = 'src/data/images.node.ts'
const bmp = 'src/data/bmp.ts'
const picture = 'src/data/picture.ts'
const ink = 'src/data/ink.ts'
const strokes = 'src/data/strokes.ts'
const ground = 'src/data/ground.ts'
const surface = 'src/data/surface.ts'
const folder = 'src/data/own/read/folder.node.ts'
const pictures = 'src/data/own/pictures.node.ts'
const decode = 'src/data/own/decode.node.ts'
const cache = 'src/data/own/picture-cache.node.ts'
const seen = 'src/cli/commands/predict/seen.ts'

const read = { tests: 'data/images' }
const inked = { tests: 'data/ink' }
const gathered = { tests: 'data/folder' }
const used = { tests: 'cli/pictures' }

export default [
  {
    what: 'pictures of equal names are written over each other',
    file: seen,
    find: 'taken.has(place)',
    replace: 'false',
    ...used,
  },
  {
    what: 'a folder named train is always the training part',
    file: folder,
    find: 'train === undefined || isClass(path, train, folders, task)',
    replace: 'train === undefined',
    ...gathered,
  },
  {
    what: 'names of equal numbers come as the folder lists them, and here the other way around',
    file: folder,
    find: 'compare(a, b) || (a < b ? -1 : Number(a > b))',
    replace: 'compare(a, b) || (a > b ? -1 : Number(a < b))',
    ...gathered,
  },
  {
    what: 'a picture whose time was set back comes from the cache',
    file: 'src/data/own/picture-cache.node.ts',
    find: 'size, mtimeMs, ctimeMs]))',
    replace: 'size, mtimeMs]))',
    ...gathered,
  },
  { what: 'a picture is read as it lies', file: images, find: 'source.autoOrient()', replace: 'source', ...read },
  {
    what: 'a bomb is decoded',
    file: images,
    find: 'if (width * height <= most && Math.max(width, height) <= MOST_SIDE) return',
    replace: 'return',
    ...read,
  },
  {
    what: 'a cut JPEG is read',
    file: images,
    find: "format === 'JPEG' ? 'warning' : 'error'",
    replace: "'none'",
    ...read,
  },
  {
    what: 'lines from above are read from below',
    file: bmp,
    find: 'topDown ? line :',
    replace: 'false ? line :',
    ...read,
  },
  {
    what: 'runs of 4 bits begin with the low half',
    file: bmp,
    find: 'i % 2 === 0 ? value >> 4',
    replace: 'i % 2 === 1 ? value >> 4',
    ...read,
  },
  {
    what: 'white strokes vanish on white',
    file: picture,
    find: 'share < 0.5 && light > 0.5 ? 0 : 1',
    replace: '1',
    ...read,
  },
  {
    what: 'what sticks out is kept',
    file: picture,
    find: "fit === 'contain' ? Math.max : Math.min",
    replace: 'Math.max',
    ...read,
  },
  { what: 'ink is light', file: ink, find: 'invert || darker > lighter', replace: 'invert', ...inked },
  {
    what: 'ink is told by shade alone',
    file: ink,
    find: 'byOpacity(picture) ?? byShade',
    replace: 'byShade',
    ...inked,
  },
  { what: 'ink is centred by its box', file: ink, find: 'ink[ground.centre]', replace: 'ink.box', ...inked },
  { what: 'the ground is taken for flat', file: surface, find: 'round < 2 ? 3 : 6', replace: '1', ...inked },
  { what: 'specks are ink', file: strokes, find: 'mass >= least', replace: 'mass >= 0', ...inked },
  {
    what: 'the edge of the table is ink',
    file: strokes,
    find: 'heaviest(inside) >= RIVAL * heaviest(blobs) ? inside',
    replace: 'false ? inside',
    ...inked,
  },
  {
    what: 'a set of all kinds of borders has a ground',
    file: ground,
    find: 'MOST * planes.length) return',
    replace: '0) return',
    ...inked,
  },
  {
    what: 'what lies outside of nine in ten is told as the rest',
    file: ground,
    find: 'quantile(sides, 0.05)',
    replace: 'quantile(sides, 0.5)',
    ...inked,
  },
  {
    what: 'class 10 comes before class 2',
    file: folder,
    find: '{ numeric: true }',
    replace: '{ numeric: false }',
    ...gathered,
  },
  {
    what: 'a validation part is thrown away',
    file: folder,
    find: 'const held = test ?? validation',
    replace: 'const held = test',
    ...gathered,
  },
  { what: 'a link leads around', file: folder, find: 'depth < 0 || isAbove', replace: 'depth < 0', ...gathered },
  {
    what: 'files come class by class',
    file: pictures,
    find: '(place) => files[place]!)',
    replace: '(_, i) => files[i]!)',
    ...gathered,
  },
  {
    what: 'broken pictures are black',
    file: decode,
    find: 'if (broken.length > 0) throw',
    replace: 'if (broken.length > 99) throw',
    ...gathered,
  },
  { what: 'colour is lost', file: decode, find: ': await haveColour(pictures)', replace: ': false', ...gathered },
  {
    what: 'pictures that cannot be locked are not decoded',
    file: cache,
    find: 'if (isLocked || signal?.aborted) throw error',
    replace: 'if (!isLocked || signal?.aborted) throw error',
    ...gathered,
  },
  {
    what: 'a changed file is read from the cache',
    file: cache,
    find: 'resolve(path), size, mtimeMs, ctimeMs',
    replace: 'resolve(path)',
    ...gathered,
  },
  {
    what: 'a damaged cache is trusted',
    file: cache,
    find: 'isWhole && hashOf(pixels) === sha256 ?',
    replace: 'isWhole ?',
    ...gathered,
  },
  {
    what: 'what was seen replaces what was read',
    file: seen,
    find: 'if (own !== undefined)',
    replace: 'if (false)',
    ...used,
  },
  {
    what: 'the goodness of labels is told as any score',
    file: 'src/rules/forward-forward/forward-forward.ts',
    find: "saysByHead(h) ? 'score' : 'goodness'",
    replace: "'score'",
    ...used,
  },
  {
    what: 'images of a sheet lie in columns before rows',
    file: 'src/draw/sheet.ts',
    find: 'top: top + Math.floor(i / columns) * cell.height',
    replace: 'top: top + Math.floor(i % columns) * cell.height',
    tests: 'draw/sheet',
  },
  {
    what: 'the code of the label is drawn behind the image',
    file: 'src/rules/forward-forward/first-layer.ts',
    find: 'const rest = imageOf(x)',
    replace: 'const rest = flat(x).slice(1, 0, pixels - classes)',
    tests: 'rules/labelled',
  },
  {
    what: 'ticks of small figures are all the same',
    file: 'src/draw/ticks.ts',
    find: 'Math.max(0, -exponent + (Number.isInteger(digits) ? 0 : 1))',
    replace: '2',
    tests: 'draw/sheet',
  },
]
