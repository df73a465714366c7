import { readFileSync } from "node:fs"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isUnauthorized } from "../../machinery/status/predicates.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import { type LogFileSettings, openLogFile } from "./log-file.ts"
import { parseAuditPolicy } from "./policy.ts"
import { type AuditedRequest, AuditRecord } from "./record.ts"
import { compileRules } from "./rules.ts"
import type { AuditSink, ReportLoss } from "./sink.ts"
import { openAuditWebhook, type WebhookSettings } from "./webhook.ts"

/** Keeps a record of who asked what of the server. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ */
export interface Audit {
  /** Undefined when nothing of the request is recorded. */
  begin(request: AuditedRequest): AuditRecord | undefined
  /** A request is refused before anybody knows who sent it. */
  unauthenticated(request: Omit<AuditedRequest, "user">, error: unknown): void
  /** Resolves when everything is written or given up. */
  close(): Promise<void>
}

export interface AuditSettings {
  /** An `audit.k8s.io/v1` Policy. */
  readonly policyFile: string
  readonly log?: LogFileSettings
  readonly webhook?: WebhookSettings
}

/** A policy, file or webhook cannot be used. */
export class AuditSettingsError extends Error {
  /** What is wrong: one of the settings. */
  readonly setting: keyof AuditSettings

  constructor(setting: keyof AuditSettings, cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = "AuditSettingsError"
    this.setting = setting
  }
}

/** Throws `AuditSettingsError`: a server that should keep a record must not run without. */
export function openAudit(
  settings: AuditSettings,
  platform: Pick<Platform, "clock" | "random" | "log">,
  metrics: MetricsRegistry,
): Audit {
  const { clock, log } = platform
  const counters = createCounters(metrics)
  const lost: ReportLoss = (plugin, error, count) => {
    counters.errors.add(count, { plugin })
    log.error("audit events are lost", { plugin, count, error })
  }
  const rules = trying("policyFile", () => {
    const { policyFile: file } = settings
    return compileRules(parseAuditPolicy(readFileSync(file, "utf8"), (text) => log.warn(text, { file })))
  })
  const { log: file, webhook } = settings
  const sinks: AuditSink[] = []
  if (file !== undefined) sinks.push(trying("log", () => openLogFile(file, clock, lost)))
  if (webhook !== undefined) sinks.push(trying("webhook", () => openAuditWebhook(webhook, platform, lost)))
  const emit = (item: string) => {
    counters.events.add(1)
    for (const sink of sinks) sink.write(item)
  }
  const recordOf = (request: AuditedRequest): AuditRecord | undefined => {
    const verdict = rules(request.user, request.info)
    counters.levels.add(1, { level: verdict.level })
    return verdict.level === "None" ? undefined : new AuditRecord(request, verdict, emit, clock)
  }
  return {
    begin(request) {
      const record = recordOf(request)
      record?.received()
      return record
    },
    unauthenticated(request, error) {
      if (isUnauthorized(error)) recordOf({ ...request, user: undefined })?.unauthenticated(error)
    },
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()))
    },
  }
}

function trying<T>(setting: keyof AuditSettings, open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw new AuditSettingsError(setting, error)
  }
}

function createCounters(metrics: MetricsRegistry) {
  return {
    events: metrics.counter("apiserver_audit_event_total", "Audit events that were made."),
    errors: metrics.counter("apiserver_audit_error_total", "Audit events that are lost, by the part that lost them."),
    levels: metrics.counter("apiserver_audit_level_total", "Requests, by how much of them is recorded."),
  }
}
