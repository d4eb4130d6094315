//! From a group to a tree of members, each of which belongs to the group from then on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use std::vec;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use pyaltt_core::ReplyTo;
use pyaltt_core::layer::Member;

use super::state::{Driver, Entry, Found, Group};
use super::watch::Watch;
use crate::error::GroupError;
use crate::machine::node::{Key, Kind, Plan, Strategy};
use crate::machine::{Machine, ROOT};
use crate::members;
use crate::membership::{Budget, GroupMembership, Rules};
use crate::message::Message;
use crate::plan::{GroupPlan, MemberPlan, START_WITHIN, STOP_WITHIN, What};
use crate::service::Service;

/// A group whose members are still to be placed.
struct Unplaced {
    key: Key,
    /// The path of its members, up to their own names.
    prefix: String,
    rules: Arc<Rules>,
    children: vec::IntoIter<MemberPlan>,
}

pub(super) fn driver(
    group: GroupPlan,
    (sender, mailbox): (Sender<Message>, Receiver<Message>),
    started: ReplyTo<Result<(), GroupError>>,
) -> Result<Driver, GroupError> {
    let name: Arc<str> = group.name.as_str().into();
    let rules = rules(&name, &group);
    let plan = Plan {
        kind: Kind::Group(group.strategy),
        start_within: START_WITHIN,
        stop_within: group.stop_within,
        critical: false,
        policy: Arc::clone(&rules.restart),
        together: Some(Arc::clone(&rules.restart)),
    };
    let service = if group.is_service { Service::from_environment(&name) } else { Service::off() };
    let GroupPlan { children, shutdown, on_event, on_signal, stop_within, .. } = group;
    let mut driver = Driver {
        name,
        machine: Machine::new(plan, Instant::now()),
        entries: BTreeMap::new(),
        groups: BTreeMap::from([(ROOT, Group { path: String::new(), rules: Arc::clone(&rules) })]),
        mailbox,
        sender,
        members: Arc::default(),
        outcome: Arc::new(Mutex::new(None)),
        on_event,
        on_signal,
        listening: None,
        service,
        busy_with: None,
        shutdown,
        stop_within,
        started: Some(started),
        adding: BTreeMap::new(),
        removing: BTreeMap::new(),
        asked: None,
        end_by: None,
        next_look: None,
        events: VecDeque::new(),
        is_over: false,
    };
    let root = Unplaced { key: ROOT, prefix: String::new(), rules, children: children.into_iter() };
    match driver.place(vec![root]).and_then(|()| driver.listen()) {
        Ok(()) => {
            driver.set_next_look();
            Ok(driver)
        }
        Err(error) => {
            driver.let_go();
            Err(error)
        }
    }
}

fn rules(name: &Arc<str>, group: &GroupPlan) -> Arc<Rules> {
    Arc::new(Rules {
        group: Arc::clone(name),
        holds: group.strategy != Strategy::OneForOne,
        restart: Arc::new(group.restart.clone()),
        budget: group.max.map(|(restarts, within)| Budget::new(restarts, within)),
    })
}

impl Driver {
    /// Places a member that is added while the group runs.
    pub(super) fn plan_child(&mut self, child: MemberPlan) -> Result<Key, GroupError> {
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
        child: MemberPlan,
    ) -> Result<(Key, Option<Unplaced>), GroupError> {
        let MemberPlan {
            what,
            stop_within,
            start_within,
            drains,
            critical,
            stuck_after,
            restart,
            retry_start,
        } = child;
        let restart = restart.map(Arc::new);
        match what {
            What::Worker(handle, drain) => {
                let plan = Plan {
                    kind: Kind::Worker { drain: drains && drain.is_some(), retry_start },
                    start_within,
                    stop_within: stop_within.unwrap_or(STOP_WITHIN),
                    critical,
                    policy: restart.clone().unwrap_or_else(|| Arc::clone(&rules.restart)),
                    together: None,
                };
                let key = self.machine.push(parent, plan);
                let path: Arc<str> = format!("{prefix}{}", handle.name()).into();
                let membership = GroupMembership::new(key, Arc::clone(rules), restart, self.sender.clone());
                let member = Member::join(handle.clone(), Arc::new(membership)).map_err(|other| {
                    self.machine.forget(key);
                    GroupError::TwoGroups {
                        member: handle.name().to_owned(),
                        first: other.group().to_owned(),
                        second: self.name.to_string(),
                    }
                })?;
                self.members.add(members::Entry {
                    key,
                    path: Arc::clone(&path),
                    handle,
                    stuck: None,
                    gave_up: false,
                });
                let watch = stuck_after.map(|limit| Box::new(Watch::new(limit)));
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
                self.entries.insert(key, Box::new(entry));
                Ok((key, None))
            }
            What::NotBuilt(name, error) => Err(GroupError::NotStarted {
                group: self.name.to_string(),
                member: format!("{prefix}{name}"),
                error: Box::new(error.into()),
            }),
            What::Group(group) => {
                let inner = self::rules(&self.name, &group);
                let plan = Plan {
                    kind: Kind::Group(group.strategy),
                    start_within,
                    stop_within: stop_within.unwrap_or(group.stop_within),
                    critical,
                    policy: restart.unwrap_or_else(|| Arc::clone(&rules.restart)),
                    together: Some(Arc::clone(&inner.restart)),
                };
                let key = self.machine.push(parent, plan);
                let path = format!("{prefix}{}", group.name);
                let prefix = format!("{path}/");
                self.groups.insert(key, Group { path, rules: Arc::clone(&inner) });
                Ok((key, Some(Unplaced { key, prefix, rules: inner, children: group.children.into_iter() })))
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
