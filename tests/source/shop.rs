//! A web shop in four languages with a Git history of 30 commits, six of which introduce a bug.

use std::fs;
use std::path::Path;
use std::process::Command;

use sidenote_standins::{Change, HostedFile, HostedRepository};
use tempfile::TempDir;

use crate::bed::REPOSITORY;

/// A bug: its file and function, the line before and after the bug, and the platform of the events.
pub(crate) struct Bug {
    pub(crate) platform: &'static str,
    pub(crate) path: &'static str,
    pub(crate) function: &'static str,
    /// The first line of the function.
    pub(crate) header: &'static str,
    pub(crate) good: &'static str,
    /// The failing line, without its indentation.
    pub(crate) bad: &'static str,
}

/// The six bugs, in the order of the commits that introduce them.
pub(crate) const BUGS: [Bug; 6] = [
    Bug {
        platform: "python",
        path: "shop/cart.py",
        function: "total",
        header: "def total(cart, coupon=None):",
        good: "return net - discount(coupon) if coupon else net",
        bad: "return net - coupon.amount",
    },
    Bug {
        platform: "python",
        path: "shop/stock.py",
        function: "reserve",
        header: "def reserve(self, sku, count):",
        good: "row = self.rows.get(sku)",
        bad: "row = self.rows[sku]",
    },
    Bug {
        platform: "javascript",
        path: "web/src/basket.ts",
        function: "render",
        header: "export function render(basket: Basket): string {",
        good: "const label = basket.owner?.name ?? '';",
        bad: "const label = basket.owner.name;",
    },
    Bug {
        platform: "javascript",
        path: "web/src/api.ts",
        function: "Api.load",
        header: "async load(id: string): Promise<Order> {",
        good: "return body?.order ?? empty();",
        bad: "return body.order.lines[0];",
    },
    Bug {
        platform: "go",
        path: "rates/rates.go",
        function: "(*Table).Rate",
        header: "func (t *Table) Rate(code string) float64 {",
        good: "if rows := t.rows[code]; len(rows) > 0 { return rows[0] }",
        bad: "return t.rows[code][0]",
    },
    Bug {
        platform: "java",
        path: "billing/src/main/java/com/acme/billing/Invoice.java",
        function: "total",
        header: "public BigDecimal total(Customer customer) {",
        good: "return customer == null ? net : net.multiply(customer.rate());",
        bad: "return net.multiply(customer.rate());",
    },
];

const FILES: [(&str, &str); 6] = [
    (
        "shop/cart.py",
        "\"\"\"The cart.\"\"\"\n\nRATE = 1\n\n\ndef total(cart, coupon=None):\n    net = sum(item.price for item in cart)\n    return net - discount(coupon) if coupon else net\n\n\ndef discount(coupon):\n    return coupon.amount\n",
    ),
    (
        "shop/stock.py",
        "class Stock:\n    def __init__(self):\n        self.rows = {}\n\n    def reserve(self, sku, count):\n        if count <= 0:\n            return\n        row = self.rows.get(sku)\n        if row:\n            row.left -= count\n\n    def free(self, sku):\n        self.rows.pop(sku)\n",
    ),
    (
        "web/src/basket.ts",
        "import { Basket } from './types';\n\nexport function render(basket: Basket): string {\n  const label = basket.owner?.name ?? '';\n  return `<b>${label}</b>`;\n}\n\nexport function clear(basket: Basket): void {\n  basket.lines = [];\n}\n",
    ),
    (
        "web/src/api.ts",
        "export class Api {\n  async load(id: string): Promise<Order> {\n    const reply = await fetch(`/orders/${id}`);\n    const body = await reply.json();\n    return body?.order ?? empty();\n  }\n\n  async drop(id: string): Promise<void> {\n    await fetch(`/orders/${id}`, { method: 'DELETE' });\n  }\n}\n",
    ),
    (
        "rates/rates.go",
        "package rates\n\ntype Table struct{ rows map[string][]float64 }\n\nfunc (t *Table) Rate(code string) float64 {\n\tif rows := t.rows[code]; len(rows) > 0 { return rows[0] }\n\treturn 0\n}\n\nfunc (t *Table) Clear() {\n\tt.rows = nil\n}\n",
    ),
    (
        "billing/src/main/java/com/acme/billing/Invoice.java",
        "package com.acme.billing;\n\npublic class Invoice {\n    private BigDecimal net;\n\n    public BigDecimal total(Customer customer) {\n        return customer == null ? net : net.multiply(customer.rate());\n    }\n\n    public void clear() {\n        net = null;\n    }\n}\n",
    ),
];

/// The Git repository of the shop, in a temporary folder.
pub(crate) struct Shop {
    folder: TempDir,
    /// The hash of the last commit.
    pub(crate) head: String,
    /// The hash of a commit that changed no function with a bug.
    pub(crate) harmless: String,
    /// The hash of the commit that introduced each bug, in the order of [`BUGS`].
    pub(crate) culprits: Vec<String>,
    commits: u32,
}

impl Shop {
    /// Creates the repository: six files, unrelated changes that move the lines, and between them the six bugs.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut shop =
            Self { folder, head: String::new(), harmless: String::new(), culprits: Vec::new(), commits: 0 };
        shop.git(&["init", "--quiet", "--initial-branch=main"]);
        for (path, text) in FILES {
            shop.write(path, text);
            shop.commit(&format!("Add {path}"), "Noor");
        }
        for (at, bug) in BUGS.iter().enumerate() {
            let (path, _) = FILES[at];
            // A line at the top moves every line of the file.
            let comment =
                if path.rsplit_once('.').is_some_and(|(_, ending)| ending == "py") { "#" } else { "//" };
            shop.change(path, |text| format!("{comment} Licensed to nobody.\n{text}"));
            shop.commit(&format!("Add a licence to {path}"), "Noor");
            shop.change(bug.path, |text| {
                assert!(text.contains(bug.good), "{}", bug.path);
                text.replace(bug.good, bug.bad)
            });
            let culprit = shop.commit(&format!("Simplify {}", bug.function), "Kim");
            shop.culprits.push(culprit);
            shop.write("README", &format!("The shop, version {at}\n"));
            shop.commit("Release", "Noor");
        }
        for at in 0..6 {
            shop.change("shop/cart.py", |text| format!("{text}\n\ndef unrelated_{at}():\n    return {at}\n"));
            shop.harmless = shop.commit("Add a function", "Noor");
        }
        shop.head = shop.git(&["rev-parse", "HEAD"]).trim().to_owned();
        assert_eq!(shop.git(&["rev-list", "--count", "HEAD"]).trim(), "30");
        shop
    }

    /// Returns the last commit of the shop as a repository of the stand-in code host.
    pub(crate) fn hosted(&self) -> HostedRepository {
        let commits = self.git(&["rev-list", "HEAD"]).lines().map(str::to_owned).collect::<Vec<_>>();
        let repository = HostedRepository::new(REPOSITORY, &self.head).history(commits);
        let suspects = self.culprits.iter().chain([&self.harmless]);
        let repository = suspects.fold(repository, |repository, commit| {
            repository.diff(commit, &self.git(&["show", "--format=", commit]))
        });
        FILES
            .iter()
            .fold(repository, |repository, (path, _)| repository.file(&self.head, path, self.file(path)))
    }

    /// Returns the text of a file at the last commit.
    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).expect("a file")
    }

    /// Returns the number of the line with this text, from 1.
    pub(crate) fn line(&self, path: &str, text: &str) -> usize {
        self.text(path).lines().position(|line| line.trim() == text).expect("the line is there") + 1
    }

    fn file(&self, path: &str) -> HostedFile {
        let blame = self.git(&["blame", "--line-porcelain", "HEAD", "--", path]);
        let last = self.git(&["log", "-1", "--format=%H\n%an\n%cI", "--", path]);
        let mut last = last.lines().map(str::to_owned);
        let mut next = || last.next().unwrap_or_default();
        let last = Change { commit: next(), author: next(), at: next() };
        HostedFile { content: self.text(path).into_bytes(), blame: blamed(&blame), last }
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }

    fn change(&self, path: &str, change: impl FnOnce(String) -> String) {
        self.write(path, &change(self.text(path)));
    }

    fn commit(&mut self, message: &str, author: &str) -> String {
        self.commits += 1;
        self.git(&["add", "--all"]);
        let author = format!("{author} <{author}@acme.example>");
        self.git(&["commit", "--quiet", "--message", message, "--author", &author]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        run(self.folder.path(), self.commits, arguments)
    }
}

/// Runs a git command in a folder and returns its output. `hour` numbers the commits, which are an hour apart and
/// began a month ago.
fn run(folder: &Path, hour: u32, arguments: &[&str]) -> String {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let date = format!("{} +0000", now - 30 * 24 * 3600 + u64::from(hour) * 3600);
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_COMMITTER_NAME", "Noor")
        .env("GIT_COMMITTER_EMAIL", "noor@acme.example")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns the last change of each line, from the output of `git blame --line-porcelain`.
fn blamed(porcelain: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut change = Change::default();
    for line in porcelain.lines() {
        if line.starts_with('\t') {
            changes.push(change.clone());
        } else if let Some(author) = line.strip_prefix("author ") {
            author.clone_into(&mut change.author);
        } else if let Some(seconds) = line.strip_prefix("committer-time ") {
            let at =
                time::OffsetDateTime::from_unix_timestamp(seconds.parse().expect("seconds")).expect("a time");
            change.at = at.format(&time::format_description::well_known::Rfc3339).expect("a text");
        } else if let Some((hash, _)) = line.split_once(' ').filter(|(hash, _)| hash.len() == 40) {
            hash.clone_into(&mut change.commit);
        }
    }
    changes
}
