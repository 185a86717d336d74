const pages = 'bench/rule-pages.ts'
const own = { tests: 'bench/rule-pages', names: 'what is generated' }

export default [
  {
    what: 'the figures of a page are not those of its records',
    file: pages,
    find: '  const values = tested(record, name)\n',
    replace: '  const values = tested(record, name).map((value) => value - 0.01)\n',
    ...own,
  },
  {
    what: 'a page says the certificate of the defaults, whatever its marker asks for',
    file: pages,
    find: "hyper: readAssignments(rule, after('--set'))",
    replace: 'hyper: {}',
    ...own,
  },
  {
    what: "a rule of one's own is said to have a page",
    file: 'src/cli/commands/rules.ts',
    find: '...(RULES.includes(rule) ? [',
    replace: '...(rule ? [',
    tests: 'cli/own-rule',
  },
]
