// Step of a Jenkins shared library: a load test with gates, in the test tab and as an archived page.
// Manage Jenkins > System > Global Trusted Pipeline Libraries: a library locust-push with the URL of this repository. Then:
//   @Library('locust-push@VERSION') _
//   loadTest(pushUrl: 'https://…/api/v1/write', gates: ['p95 > 800ms'], args: '--users 50 --run-time 5m')
// In a block of withCredentials, if the store asks for a token; requirements.txt names locust-push.
def call(Map options) {
    // Gates are passed by the environment, so that no quote of theirs reaches the shell.
    def variables = ["LOCUST_PUSH_URL=" + options.get('pushUrl', 'file:runs')]
    def gates = ""
    for (gate in options.get('gates', ['error_rate > 1%'])) {
        gates += ' --push-gate "$LOAD_TEST_GATE_' + variables.size() + '"'
        variables.add('LOAD_TEST_GATE_' + variables.size() + '=' + gate)
    }
    def install = 'python3 -m venv .venv && .venv/bin/pip install -r ' + options.get('requirements', 'requirements.txt')
    def run = '.venv/bin/locust-push run --headless --exit-code-on-error 0 -f ' + options.get('locustfile', 'locustfile.py')
    def reports = ' --push-report report.html --push-report report.xml '
    try {
        withEnv(variables) {
            sh(install + ' && ' + run + gates + reports + options.get('args', ""))
        }
    } finally {
        junit(testResults: 'report.xml', allowEmptyResults: true)
        archiveArtifacts(artifacts: 'report.html', allowEmptyArchive: true)
    }
}
