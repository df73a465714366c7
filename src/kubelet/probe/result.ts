/** What one probe found. `error`: the probe itself could not be run; it then counts neither way. */
export interface ProbeOutcome {
  readonly outcome: "success" | "failure" | "warning" | "error"
  readonly output: string
}
