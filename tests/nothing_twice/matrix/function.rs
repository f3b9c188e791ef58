//! The Lambda function with DynamoDB and SQS, as a place of the fault matrix.

use std::time::Duration;

use sidenote_standins::{Sentry, Telegram};

use super::super::bed::{Bed, Function, status};
use super::super::deliveries::new_issue;
use super::{ANSWER, FAULTS, Place, SENTRY, Service, Table};
use crate::support::SECRETS_FAILURE;
use crate::support::lambda_service::Outcome;
use crate::support::machine::Machine;
use crate::support::wire::Wire;

/// The timeout of the function. A call with the fault "slow" takes longer. After two attempts at a slow AWS service,
/// time is left for the other work, also on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(14);

pub(super) struct OnAws {
    bed: Bed,
    machine: Machine,
    function: Function,
}

impl OnAws {
    fn wire(&self, service: Service) -> &Wire {
        match service {
            Service::Sentry => &self.bed.to_sentry,
            Service::Telegram => &self.bed.to_telegram,
            Service::Secrets => &self.bed.cloud.secrets,
            Service::Table => &self.bed.cloud.table,
            Service::Queue => &self.bed.cloud.queue,
            Service::SecretsFile | Service::File => unreachable!("the function reads no file"),
        }
    }
}

impl Place for OnAws {
    const TABLES: &[Table] = &[(
        &[
            (Service::Sentry, "Sentry API"),
            (Service::Telegram, "Telegram"),
            (Service::Secrets, "Secrets Manager"),
            (Service::Table, "DynamoDB"),
            (Service::Queue, "SQS"),
        ],
        FAULTS,
    )];

    async fn start((service, fault): (Service, &'static str)) -> Self {
        let (bed, machine) = (Bed::new().await, Machine::slow());
        let function = bed.slow_function(TIMEOUT, &machine, &[ANSWER]).await;
        bed.to_sentry.slow_down(SENTRY);
        let place = Self { bed, machine, function };
        place.wire(service).fail(service.fault(fault)).await;
        place
    }

    async fn repair(&mut self, service: Service) {
        self.wire(service).repair().await;
    }

    async fn deliver(&self, which: &str) -> u16 {
        let (answer, report) = self.function.run(&new_issue("event_alert", 1)).await;
        assert_eq!(report.outcome, Outcome::Completed, "{which} hangs: {}", self.log());
        u16::try_from(status(&answer)).expect("a status")
    }

    async fn kept(&self) -> usize {
        self.bed.cloud.kept().await.len()
    }

    async fn redeliver(&self) {
        self.function.redeliver_until_done(&self.bed.cloud.kept().await).await;
    }

    fn forget_failure(&self) {
        self.machine.pass(SECRETS_FAILURE);
    }

    fn sentry(&self) -> &Sentry {
        &self.bed.sentry
    }

    fn telegram(&self) -> &Telegram {
        &self.bed.telegram
    }

    fn log(&self) -> String {
        self.function.lambda.logs()
    }
}
