/** Flags as Go programs take them: `--name=value`, `--name value`, or `--name` for true. The last of one name counts. */
export function readFlags(args: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ""
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
    if (name === undefined) throw new TypeError(`found ${JSON.stringify(arg)}, expected a flag such as --name=value`)
    const next = args[at + 1]
    if (value !== undefined) flags.set(name, value)
    else if (next !== undefined && !next.startsWith("-")) flags.set(name, args[++at] ?? "")
    else flags.set(name, "true")
  }
  return flags
}
