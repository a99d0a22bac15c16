// Vitrine's dashboards and alerts as a monitoring mixin: the very files that its Helm chart brings.
{
  grafanaDashboardFolder:: 'Vitrine',
  grafanaDashboards+:: {
    'vitrine-engines.json': import '../charts/vitrine/dashboards/engines.json',
    'vitrine-etl-runs.json': import '../charts/vitrine/dashboards/etl-runs.json',
    'vitrine-overview.json': import '../charts/vitrine/dashboards/overview.json',
    'vitrine-recommendations.json': import '../charts/vitrine/dashboards/recommendations.json',
    'vitrine-way-of-data.json': import '../charts/vitrine/dashboards/way-of-data.json',
  },
  prometheusAlerts+:: std.parseYaml(importstr '../charts/vitrine/alerts.yaml'),
  prometheusRules+:: { groups: [] },
}
