/** The page: what stands around everything, and which part of it is shown. */
import type { ClusterAnswer } from '../lib/console/answers.ts'
import { ApiError, change, useAsk } from './api.ts'
import { counted } from './format.ts'
import { Login } from './login.tsx'
import { BrokersPage } from './pages/brokers.tsx'
import { GroupPage } from './pages/group.tsx'
import { GroupsPage } from './pages/groups.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { TestingPage } from './pages/testing.tsx'
import { TopicPage } from './pages/topic.tsx'
import { TopicsPage } from './pages/topics.tsx'
import { TracePage } from './pages/trace.tsx'
import { TransactionPage, TransactionsPage } from './pages/transactions.tsx'
import { Failure, Heading } from './parts.tsx'
import { type ComponentChildren, render, useEffect, useState } from './preact.ts'
import { linkTo, type Route, useRoute } from './route.ts'

const parts = [
  { step: 'topics', text: 'Topics' },
  { step: 'groups', text: 'Groups' },
  { step: 'transactions', text: 'Transactions' },
  { step: 'brokers', text: 'Brokers' },
] as const

/** The page asks for what it shows while the cluster is asked who looks at it. */
const unknownYet: ClusterAnswer = {
  ...{ clusterId: '', version: '', nodeId: -1, controllerId: -1, brokers: 0, bootstrap: '' },
  ...{ user: null, canLogIn: false, isForTests: false, mayWrite: false },
}

function Page({ route: { steps, query }, cluster }: { route: Route; cluster: ClusterAnswer }) {
  const [part = 'topics', name, tab] = steps
  const { mayWrite } = cluster
  switch (part) {
    case 'topics':
      if (name === undefined) return <TopicsPage query={query} cluster={cluster} />
      return <TopicPage key={name} name={name} tab={tab ?? 'records'} query={query} cluster={cluster} />
    case 'groups':
      if (name === undefined) return <GroupsPage query={query} />
      return <GroupPage key={name} groupId={name} query={query} mayWrite={mayWrite} />
    case 'transactions':
      if (name === undefined) return <TransactionsPage query={query} />
      return <TransactionPage key={name} id={name} mayWrite={mayWrite} />
    case 'brokers':
      if (name === undefined) return <BrokersPage query={query} />
      return <SettingsPage key={name} type="broker" name={name} mayWrite={mayWrite} />
    case 'trace':
      return <TracePage />
    case 'testing':
      return <TestingPage mayWrite={mayWrite && cluster.user === null} />
    default:
      return <Heading title="There is no such page" />
  }
}

function App() {
  const route = useRoute()
  const { data: cluster, error, again } = useAsk<ClusterAnswer>('cluster', 10_000)
  const [wantsLogin, setWantsLogin] = useState(false)
  const current = route.steps[0] ?? 'topics'
  useEffect(() => {
    scrollTo(0, 0)
  }, [route.steps.join('/')])
  let page: ComponentChildren = null
  if (wantsLogin || error?.needsLogin) {
    page = (
      <Login
        done={() => {
          setWantsLogin(false)
          again()
        }}
        cancel={error?.needsLogin ? null : () => setWantsLogin(false)}
      />
    )
  } else if (cluster !== null || error === null) {
    page = <Page key={cluster?.user ?? ''} route={route} cluster={cluster ?? unknownYet} />
  }
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <aside>
        <p class="brand">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M1 3h14v10H1z" fill="currentColor" />
            <path d="m2 4.500 6 4.500 6-4.500" fill="none" class="fold" />
          </svg>
          Ottla
        </p>
        <nav aria-label="Parts of the cluster">
          {parts.map(({ step, text }) => (
            <a href={linkTo([step])} aria-current={step === current ? 'page' : undefined}>
              {text}
            </a>
          ))}
          {cluster?.mayWrite && !cluster.isForTests && (
            <a href={linkTo(['trace'])} aria-current={current === 'trace' ? 'page' : undefined}>
              Trace
            </a>
          )}
          {cluster?.isForTests && (
            <a href={linkTo(['testing'])} aria-current={current === 'testing' ? 'page' : undefined}>
              Testing
            </a>
          )}
        </nav>
        {cluster !== null && <Foot cluster={cluster} logIn={() => setWantsLogin(true)} again={again} />}
      </aside>
      <main id="main" tabIndex={-1}>
        {!error?.needsLogin && <Failure error={error} />}
        {page}
      </main>
    </>
  )
}

function Foot({ cluster, logIn, again }: { cluster: ClusterAnswer; logIn: () => void; again: () => void }) {
  const { user, canLogIn, mayWrite, brokers, bootstrap, version, clusterId } = cluster
  const logOut = () => change('POST', 'logout').then(again, error => error instanceof ApiError || Promise.reject(error))
  return (
    <div class="foot">
      <p>
        <code>{bootstrap}</code>
      </p>
      <p>
        {counted(brokers, 'broker')}, Ottla {version}
      </p>
      <p class="hint" title="Id of the cluster">
        {clusterId}
      </p>
      <p>
        {user === null ? 'User:ANONYMOUS' : `User:${user}`}, {mayWrite ? 'may write' : 'read only'}
      </p>
      {!mayWrite && <p class="hint">To write, open the link that the broker printed at its start.</p>}
      {user !== null && (
        <button type="button" onClick={logOut}>
          Log out
        </button>
      )}
      {user === null && canLogIn && (
        <button type="button" onClick={logIn}>
          Log in
        </button>
      )}
    </div>
  )
}

render(<App />, document.body)
