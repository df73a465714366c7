import { bool, Empty, message, repeated, text } from "../../machinery/grpc/messages.ts"
import { service, unary } from "../../machinery/grpc/service.ts"

/** What a plugin says about itself, on a socket in the kubelet's `plugins_registry`. `k8s.io/kubelet/pkg/apis/pluginregistration/v1` */
export const PluginInfo = message("pluginregistration.PluginInfo", {
  type: text(1),
  name: text(2),
  endpoint: text(3),
  supportedVersions: repeated(4, "string"),
})

export const RegistrationStatus = message("pluginregistration.RegistrationStatus", {
  pluginRegistered: bool(1),
  error: text(2),
})

export const Registration = service("pluginregistration.Registration", {
  GetInfo: unary(Empty, PluginInfo),
  NotifyRegistrationStatus: unary(RegistrationStatus, Empty),
})
