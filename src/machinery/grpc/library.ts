import { onFirstUse } from "../../platform/on-first-use.ts"

/** The library that speaks the protocol. Hardly any process needs it, so it is not loaded before it is used. */
export const grpc = onFirstUse<typeof import("@grpc/grpc-js")>("@grpc/grpc-js")

/** Of one message, both ways, as Kubernetes' kubelet and container runtimes have it. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024

export const channelOptions = {
  "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
  "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
  // Sockets of this machine are behind no proxy, whatever the environment says, and DNS has no word in it.
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  // Each channel has its own connection, which ends with it.
  "grpc.use_local_subchannel_pool": 1,
  // Who listens on a socket of this machine may be back at any moment.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 3000,
} as const
