import type { Platform } from "../../platform/platform.ts"
import { createWebhookClient } from "../webhook/webhook-client.ts"
import { webhookOfKubeconfig } from "../webhook/webhook-kubeconfig.ts"
import { BATCH_DEFAULTS, type BatchSettings, createBatches } from "./batches.ts"
import { formatList } from "./event.ts"
import type { AuditSink, ReportLoss } from "./sink.ts"

/** Somebody else who keeps the events. */
export interface WebhookSettings {
  /** A kubeconfig: its current context says where to send, and as whom. */
  readonly configFile: string
  /** Default: `BATCH_DEFAULTS`. */
  readonly batch?: Partial<BatchSettings>
}

/** As kube-apiserver's clients of such webhooks. */
const TIMEOUT_MS = 30_000

/** Throws when the file cannot be used. */
export function openAuditWebhook(
  { configFile, batch }: WebhookSettings,
  { clock, random }: Pick<Platform, "clock" | "random">,
  lost: ReportLoss,
): AuditSink {
  const target = webhookOfKubeconfig(configFile)
  const client = createWebhookClient({ clock, resolve: refuseServices, userAgent: "kube-apiserver" })
  const batches = createBatches({
    ...BATCH_DEFAULTS,
    ...batch,
    plugin: "webhook",
    clock,
    random,
    lost,
    send: (items) => client.tell(target, formatList(items), { timeoutMs: TIMEOUT_MS }),
  })
  return {
    write: batches.write,
    async close() {
      await batches.close()
      client.close()
    },
  }
}

function refuseServices(): never {
  throw new TypeError("a kubeconfig names no services")
}
