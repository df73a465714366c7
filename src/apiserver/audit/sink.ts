/** Where events go. What cannot be kept is reported by the sink itself; requests go on. */
export interface AuditSink {
  /** `item` is an event as it stands in a list, as JSON in one line. */
  write(item: string): void
  /** Resolves when everything is written or given up. */
  close(): Promise<void>
}

/** Told of events that are lost, and why. `plugin` is Kubernetes' name of the sink. */
export type ReportLoss = (plugin: string, error: unknown, count: number) => void
