// The pages of docs, and what holds them to the program.
export default [
  {
    what: 'an option is described otherwise, and the reference stays as it was',
    file: 'src/train/options.ts',
    find: 'of everything random: weights, order, noise, held-out images',
    replace: 'of all chance',
    tests: 'docs/pages',
    names: 'the reference is what',
  },
  {
    what: 'an exit code is another one than the reference says',
    file: 'src/cli/failure.ts',
    find: 'interrupted: 130',
    replace: 'interrupted: 3',
    tests: 'docs/pages',
    names: 'the reference is what',
  },
  {
    what: 'what a page does not show may be printed after its last line',
    file: 'bench/pages/printed.ts',
    find: 'at + lines.length === real.length',
    replace: 'at + lines.length <= real.length',
    tests: 'docs/pages',
    names: 'held to what is printed',
  },
  {
    what: 'a block in any language counts as run',
    file: 'bench/pages/blocks.ts',
    find: "if (language === 'text') return []",
    replace: "if (language !== 'sh') return []",
    tests: 'docs/pages',
    names: 'programs run',
  },
]
