const pages = 'bench/rule-pages.ts'
const own = { tests: 'bench/rule-pages' }

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
    what: 'a page names a function that is not there',
    file: 'docs/rules/nice.md',
    find: '`src/rules/nice/coupling.ts`: `mapOf`, `rectifiers`',
    replace: '`src/rules/nice/coupling.ts`: `mapOf`, `sigmoids`',
    ...own,
  },
  {
    what: 'a page names a test that is not there',
    file: 'docs/rules/nice.md',
    find: '"is inverted to 1e-12, in both directions"',
    replace: '"is inverted to 1e-13, in both directions"',
    ...own,
  },
]
