//! From a supervisor to a tree of members, each of which belongs to the group from then on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::vec;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use pyaltt_core::layer::Member;

use super::watch::Watch;
use super::{Entry, Found, Group, Keeper};
use crate::child::{Child, STOP_WITHIN, What};
use crate::error::GroupError;
use crate::machine::node::{Key, Kind, Plan, Strategy};
use crate::machine::{Machine, ROOT};
use crate::member::{Budget, Link, Rules};
use crate::message::Message;
use crate::reply::Reply;
use crate::roster;
use crate::supervisor::Supervisor;

/// A group whose members are still to be placed.
struct Unplaced {
    key: Key,
    /// The path of its members, up to their own names.
    prefix: String,
    rules: Arc<Rules>,
    children: vec::IntoIter<Child>,
}

pub(super) fn keeper(
    supervisor: Supervisor,
    (sender, mailbox): (Sender<Message>, Receiver<Message>),
    started: Reply<Result<(), GroupError>>,
) -> Result<Keeper, GroupError> {
    let name: Arc<str> = supervisor.name.as_str().into();
    let plan = Plan {
        kind: Kind::Group(supervisor.strategy),
        start_within: crate::child::START_WITHIN,
        stop_within: supervisor.stop_within,
        critical: false,
        policy: supervisor.restart.clone(),
        together: Some(supervisor.restart.clone()),
    };
    let rules = rules(&name, &supervisor);
    let Supervisor { children, shutdown, on_event, stop_within, .. } = supervisor;
    let mut keeper = Keeper {
        name,
        machine: Machine::new(plan, Instant::now()),
        entries: BTreeMap::new(),
        groups: BTreeMap::from([(ROOT, Group { path: String::new(), rules: Arc::clone(&rules) })]),
        mailbox,
        sender,
        roster: Arc::default(),
        outcome: Arc::new(Mutex::new(None)),
        on_event,
        shutdown,
        stop_within,
        started: Some(started),
        adding: BTreeMap::new(),
        removing: BTreeMap::new(),
        asked: None,
        next_look: None,
        events: VecDeque::new(),
        is_over: false,
    };
    let root = Unplaced { key: ROOT, prefix: String::new(), rules, children: children.into_iter() };
    match keeper.place(vec![root]) {
        Ok(()) => {
            keeper.set_next_look();
            Ok(keeper)
        }
        Err(error) => {
            keeper.let_go();
            Err(error)
        }
    }
}

fn rules(group: &Arc<str>, supervisor: &Supervisor) -> Arc<Rules> {
    Arc::new(Rules {
        group: Arc::clone(group),
        holds: supervisor.strategy != Strategy::OneForOne,
        restart: supervisor.restart.clone(),
        budget: supervisor.max.map(|(restarts, within)| Budget::new(restarts, within)),
    })
}

impl Keeper {
    /// Places a member that is added while the group runs.
    pub(super) fn plan_child(&mut self, child: Child) -> Result<Key, GroupError> {
        let rules = Arc::clone(&self.groups[&ROOT].rules);
        let (key, group) = self.place_child(ROOT, "", &rules, child)?;
        match self.place(group.into_iter().collect()) {
            Ok(()) => Ok(key),
            Err(error) => {
                self.forget(key);
                Err(error)
            }
        }
    }

    /// Places all members of a group, and of the groups in it, in the order of their start. The innermost group is the last.
    fn place(&mut self, mut groups: Vec<Unplaced>) -> Result<(), GroupError> {
        while let Some(group) = groups.last_mut() {
            let Some(child) = group.children.next() else {
                groups.pop();
                continue;
            };
            let (key, prefix, rules) = (group.key, group.prefix.clone(), Arc::clone(&group.rules));
            let (_, inner) = self.place_child(key, &prefix, &rules, child)?;
            groups.extend(inner);
        }
        Ok(())
    }

    fn place_child(
        &mut self,
        parent: Key,
        prefix: &str,
        rules: &Arc<Rules>,
        child: Child,
    ) -> Result<(Key, Option<Unplaced>), GroupError> {
        let Child { what, stop_within, start_within, drains, critical, stuck_after, restart, retry_start } = child;
        match what {
            What::Worker(handle, drain) => {
                let plan = Plan {
                    kind: Kind::Worker { drain: drains && drain.is_some(), retry_start },
                    start_within,
                    stop_within: stop_within.unwrap_or(STOP_WITHIN),
                    critical,
                    policy: restart.clone().unwrap_or_else(|| rules.restart.clone()),
                    together: None,
                };
                let key = self.machine.push(parent, plan);
                let path = format!("{prefix}{}", handle.name());
                let link = Link::new(key, Arc::clone(rules), restart, self.sender.clone());
                let member = Member::join(handle.clone(), Arc::new(link)).map_err(|other| {
                    self.machine.forget(key);
                    GroupError::TwoGroups {
                        member: handle.name().to_owned(),
                        first: other.group().to_owned(),
                        second: self.name.to_string(),
                    }
                })?;
                self.roster.add(roster::Entry { key, path: path.clone(), handle, stuck: None, gave_up: false });
                let watch = stuck_after.map(Watch::new);
                let entry = Entry {
                    path,
                    member,
                    drain,
                    start_within,
                    attempt: 0,
                    error: None,
                    found: Found::Nothing,
                    told: None,
                    abandoned: None,
                    watch,
                };
                self.entries.insert(key, entry);
                Ok((key, None))
            }
            What::Group(supervisor) => {
                let plan = Plan {
                    kind: Kind::Group(supervisor.strategy),
                    start_within,
                    stop_within: stop_within.unwrap_or(supervisor.stop_within),
                    critical,
                    policy: restart.unwrap_or_else(|| rules.restart.clone()),
                    together: Some(supervisor.restart.clone()),
                };
                let key = self.machine.push(parent, plan);
                let path = format!("{prefix}{}", supervisor.name);
                let rules = self::rules(&self.name, &supervisor);
                let prefix = format!("{path}/");
                self.groups.insert(key, Group { path, rules: Arc::clone(&rules) });
                Ok((key, Some(Unplaced { key, prefix, rules, children: supervisor.children.into_iter() })))
            }
        }
    }

    /// The members belong to no group any more.
    pub(super) fn let_go(&mut self) {
        for entry in self.entries.values() {
            entry.member.leave();
        }
    }
}
