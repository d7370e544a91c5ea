/** Every screen, loaded when it is first visited. Hash addresses work under any origin the shell serves from. */
import { createRouter, createWebHashHistory, type RouteRecordRaw, type Router } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'projects',
    meta: { title: 'shell.projects' },
    component: () => import('../features/projects/ProjectsPage.vue'),
  },
  {
    path: '/settings',
    name: 'settings',
    meta: { title: 'shell.settings' },
    component: () => import('../features/settings/SettingsPage.vue'),
  },
  {
    path: '/p/:projectId',
    component: () => import('../features/shell/ProjectShell.vue'),
    props: true,
    children: [
      { path: '', redirect: { name: 'runs' } },
      {
        path: 'runs',
        name: 'runs',
        meta: { title: 'shell.runs' },
        component: () => import('../features/runs/RunsPage.vue'),
      },
      {
        path: 'runs/new',
        name: 'new-run',
        meta: { title: 'runs.newRun' },
        component: () => import('../features/new-run/NewRunPage.vue'),
      },
      {
        path: 'runs/:runId',
        name: 'run',
        meta: { title: 'shell.run' },
        props: true,
        component: () => import('../features/run-detail/RunDetailPage.vue'),
      },
      {
        path: 'models',
        name: 'models',
        meta: { title: 'shell.models' },
        component: () => import('../features/models/ModelsPage.vue'),
      },
      {
        path: 'models/:modelId',
        name: 'model',
        meta: { title: 'shell.model' },
        props: true,
        component: () => import('../features/models/ModelPage.vue'),
      },
      {
        path: 'diff',
        name: 'diff',
        meta: { title: 'diff.title' },
        component: () => import('../features/diff/DiffPage.vue'),
      },
      {
        path: 'data',
        name: 'datasets',
        meta: { title: 'shell.datasets' },
        component: () => import('../features/datasets/DatasetsPage.vue'),
      },
      {
        path: 'data/:datasetId',
        name: 'dataset',
        meta: { title: 'shell.dataset' },
        props: true,
        component: () => import('../features/datasets/DatasetPage.vue'),
      },
      {
        path: 'compare',
        name: 'compare',
        meta: { title: 'shell.compare' },
        component: () => import('../features/compare/ComparePage.vue'),
      },
      {
        path: 'charts',
        name: 'charts',
        meta: { title: 'shell.charts' },
        component: () => import('../features/own-charts/OwnChartsPage.vue'),
      },
      {
        path: 'trash',
        name: 'trash',
        meta: { title: 'shell.trash' },
        component: () => import('../features/trash/TrashPage.vue'),
      },
      {
        path: 'exports',
        name: 'exports',
        meta: { title: 'shell.exports' },
        component: () => import('../features/exports/ExportsPage.vue'),
      },
    ],
  },
  { path: '/:rest(.*)*', redirect: { name: 'projects' } },
]

export const makeRouter = (): Router => createRouter({ history: createWebHashHistory(), routes })
