/** Every screen, loaded when it is first visited. Hash addresses work under any origin the shell serves from. */
import { createRouter, createWebHashHistory, type RouteRecordRaw, type Router } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'projects', component: () => import('../features/projects/ProjectsPage.vue') },
  { path: '/settings', name: 'settings', component: () => import('../features/settings/SettingsPage.vue') },
  {
    path: '/p/:projectId',
    component: () => import('../features/shell/ProjectShell.vue'),
    props: true,
    children: [
      { path: '', redirect: { name: 'runs' } },
      { path: 'runs', name: 'runs', component: () => import('../features/runs/RunsPage.vue') },
      { path: 'runs/new', name: 'new-run', component: () => import('../features/new-run/NewRunPage.vue') },
      {
        path: 'runs/:runId',
        name: 'run',
        props: true,
        component: () => import('../features/run-detail/RunDetailPage.vue'),
      },
      { path: 'models', name: 'models', component: () => import('../features/models/ModelsPage.vue') },
      {
        path: 'models/:modelId',
        name: 'model',
        props: true,
        component: () => import('../features/models/ModelPage.vue'),
      },
      { path: 'diff', name: 'diff', component: () => import('../features/diff/DiffPage.vue') },
      { path: 'data', name: 'datasets', component: () => import('../features/datasets/DatasetsPage.vue') },
      {
        path: 'data/:datasetId',
        name: 'dataset',
        props: true,
        component: () => import('../features/datasets/DatasetPage.vue'),
      },
      { path: 'compare', name: 'compare', component: () => import('../features/compare/ComparePage.vue') },
      { path: 'trash', name: 'trash', component: () => import('../features/trash/TrashPage.vue') },
      { path: 'exports', name: 'exports', component: () => import('../features/exports/ExportsPage.vue') },
    ],
  },
  { path: '/:rest(.*)*', redirect: { name: 'projects' } },
]

export const makeRouter = (): Router => createRouter({ history: createWebHashHistory(), routes })
