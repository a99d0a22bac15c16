import { Misconfigured } from '#internal/errors/errors.ts'
import { describeKubeApi } from '../contract/kube-api.ts'

describeKubeApi('the cluster', () => {
  const kubeconfig = process.env['KUBECONFIG']
  if (kubeconfig === undefined)
    throw new Misconfigured('KUBECONFIG must name the kubeconfig of a cluster for tests')
  return kubeconfig
})
