import { Tensor } from '../graph/index.js'

/** State and parameters: tensors in arrays and records, as deep as a rule likes. A leaf's name is its dotted path. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree }

/** The leaves with their dotted paths, in the order in which they were written. */
export function leaves(tree: Tree, path = ''): [name: string, leaf: Tensor][] {
  if (tree instanceof Tensor) return [[path, tree]]
  return Object.entries(tree).flatMap(([key, child]) => leaves(child, path === '' ? key : `${path}.${key}`))
}

/** The leaves without their names. */
export const tensorsOf = (tree: Tree): Tensor[] => leaves(tree).map(([, leaf]) => leaf)

/** The same tree with other leaves; `f` gets the leaf and its dotted path. */
export function mapTree<T extends Tree>(tree: T, f: (leaf: Tensor, name: string) => Tensor, path = ''): T {
  if (tree instanceof Tensor) return f(tree, path) as T
  const inner = (key: string | number, child: Tree): Tree =>
    mapTree(child, f, path === '' ? `${key}` : `${path}.${key}`)
  if (Array.isArray(tree)) return tree.map((child: Tree, i) => inner(i, child)) as unknown as T
  return Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, inner(key, child as Tree)])) as T
}

/** The same tree with the leaves taken in order from a list. */
export function rebuild<T extends Tree>(tree: T, replacements: readonly Tensor[]): T {
  let next = 0
  return mapTree(tree, () => replacements[next++]!)
}
