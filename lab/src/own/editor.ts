import { defaultKeymap, history, historyKeymap, isolateHistory } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'

export interface Editor {
  readonly text: string
  replace(text: string): void
  /** Marks a line, from 1; undefined: none. */
  mark(problem: { readonly line: number; readonly message: string } | undefined): void
  close(): void
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--label)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--accent)' },
  { tag: tags.number, color: 'var(--above)' },
  { tag: tags.comment, color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--cold)' },
])

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '13px', height: '100%' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '12px 0', caretColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--faint)', border: '0', paddingLeft: '6px' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--line) 35%, transparent)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line)', fontFamily: 'var(--sans)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
})

/**
 * An editor of JavaScript in a place of its own, whose styles are no elements of the page: the page's content policy
 * lets none in. Tab leaves it, as it leaves everything else.
 */
export function openEditor(host: HTMLElement, text: string, onchange: (text: string) => void): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        ...[lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine()],
        ...[javascript(), indentUnit.of('  '), syntaxHighlighting(colours), look],
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'The rule, in JavaScript' }),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.updateListener.of(({ docChanged, state }) => docChanged && onchange(state.doc.toString())),
      ],
    }),
  })
  return {
    get text() {
      return view.state.doc.toString()
    },
    replace: (next) =>
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: next },
        // Undone by itself: what was typed before comes back.
        annotations: isolateHistory.of('full'),
      }),
    mark(problem) {
      const { doc } = view.state
      const line = problem && doc.line(Math.min(doc.lines, Math.max(1, problem.line)))
      const found = line ? [{ from: line.from, to: line.to, severity: 'error' as const, message: problem.message }] : []
      view.dispatch(setDiagnostics(view.state, found))
    },
    close: () => view.destroy(),
  }
}
