import type { BuildEvent } from "../../images/builder/stage-context.ts"

/** Turns what happens during a build into lines for a terminal or a log. */
export class BuildProgress {
  readonly #write: (line: string) => void
  /** The unfinished last line of each stage's output. */
  readonly #rest = new Map<string, string>()

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  readonly event = (event: BuildEvent): void => {
    switch (event.kind) {
      case "step":
      case "cached": {
        this.#flush(event.stage)
        const step = event.step === 0 ? "" : `${event.step}/${event.of} `
        const where = [event.stage, step.trim()].filter(Boolean).join(" ")
        this.#write(`${where === "" ? "" : `[${where}] `}${event.text}${event.kind === "cached" ? " (cached)" : ""}`)
        return
      }
      case "output":
        this.#output(event.stage, Buffer.from(event.bytes).toString("utf8"))
        return
      case "note":
        this.#write(`  ${event.text}`)
        return
      case "warning":
        this.#write(`warning: ${event.text}`)
        return
    }
  }

  /** Writes what has no end of line yet. */
  finish(): void {
    for (const stage of this.#rest.keys()) this.#flush(stage)
  }

  #output(stage: string, text: string): void {
    const lines = `${this.#rest.get(stage) ?? ""}${text}`.split(/\r?\n/)
    this.#rest.set(stage, lines.pop() ?? "")
    for (const line of lines) this.#write(`  | ${line}`)
  }

  #flush(stage: string): void {
    const rest = this.#rest.get(stage) ?? ""
    this.#rest.delete(stage)
    if (rest !== "") this.#write(`  | ${rest}`)
  }
}
