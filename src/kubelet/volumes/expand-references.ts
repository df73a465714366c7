/**
 * Replaces `$(NAME)` by what `valueOf` gives; `$$` stands for one `$`. Anything else stays, as does a reference that is
 * not closed. https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expandReferences(text: string, valueOf: (name: string) => string): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (_, escaped: string, name: string | undefined) =>
    name === undefined ? escaped : valueOf(name),
  )
}
