declare module '*.svelte' {
  import type { Component } from 'svelte'

  // biome-ignore lint/suspicious/noExplicitAny: the properties of a component are checked where it is written
  const component: Component<any>
  export default component
}
declare module '*.css'
declare module 'onward-lab:catalogue' {
  export const catalogue: import('./state/catalogue.js').Catalogue
}
interface ErrorConstructor {
  stackTraceLimit: number
}
