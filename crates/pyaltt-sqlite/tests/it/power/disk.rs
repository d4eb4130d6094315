//! A disk on which what was recorded is done again, and what a power cut leaves of it.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

/// What is written as a whole or not at all, in bytes.
const SECTOR: usize = 512;

/// One thing that the process did.
pub(crate) enum Action {
    Open { descriptor: u32, path: String },
    Close { descriptor: u32 },
    Write { descriptor: u32, offset: u64, bytes: Vec<u8> },
    Truncate { descriptor: u32, length: u64 },
    Sync { descriptor: u32 },
    Unlink { path: String },
}

/// Reads a record, which `recorder.c` describes.
pub(crate) fn read_record(path: &Path) -> Vec<Action> {
    let record = fs::read(path).unwrap();
    let mut rest = record.as_slice();
    let mut actions = Vec::new();
    while !rest.is_empty() {
        let (head, behind) = rest.split_at(21);
        let descriptor = u32::from_ne_bytes(head[1..5].try_into().unwrap());
        let number = u64::from_ne_bytes(head[5..13].try_into().unwrap());
        let length = u64::from_ne_bytes(head[13..21].try_into().unwrap());
        let (bytes, behind) = behind.split_at(usize::try_from(length).unwrap());
        let path = || String::from_utf8(bytes.to_vec()).unwrap();
        actions.push(match head[0] {
            b'o' => Action::Open { descriptor, path: path() },
            b'c' => Action::Close { descriptor },
            b'w' => Action::Write { descriptor, offset: number, bytes: bytes.to_vec() },
            b't' => Action::Truncate { descriptor, length: number },
            b's' => Action::Sync { descriptor },
            b'u' => Action::Unlink { path: path() },
            what => panic!("{what} is no action"),
        });
        rest = behind;
    }
    actions
}

/// What becomes of all that was not synced before the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Luck {
    /// All of it is gone.
    None,
    /// So many percent of the sectors, lengths and names are there, by chance.
    Some { percent: u64, seed: u64 },
    /// All of it is there, as when only the process has ended.
    All,
}

/// The files of one folder.
pub(crate) struct Disk {
    folder: String,
    files: Vec<FileOnDisk>,
    /// What has each name, for the process and after a cut.
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    /// The changes of names since the folder was synced.
    renamed: Vec<(String, Option<usize>)>,
    open: BTreeMap<u32, Opened>,
}

#[derive(Default)]
struct FileOnDisk {
    synced: Vec<u8>,
    changes: Vec<Change>,
}

enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

#[derive(Clone, Copy)]
enum Opened {
    Folder,
    File(usize),
}

impl Disk {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_str().unwrap().to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            renamed: Vec::new(),
            open: BTreeMap::new(),
        }
    }

    /// Tells whether an action writes or syncs the file that has this name.
    pub(crate) fn is_about(&self, name: &str, action: &Action) -> bool {
        let (Action::Write { descriptor, .. } | Action::Sync { descriptor }) = action else { return false };
        let Some(Opened::File(file)) = self.open.get(descriptor) else { return false };
        self.names.get(name) == Some(file)
    }

    /// Does what the process did.
    pub(crate) fn act(&mut self, action: &Action) {
        match action {
            Action::Open { descriptor, path } => {
                let opened = if *path == self.folder { Opened::Folder } else { self.file(path) };
                self.open.insert(*descriptor, opened);
            }
            Action::Close { descriptor } => {
                self.open.remove(descriptor);
            }
            Action::Write { descriptor, offset, bytes } => {
                let offset = usize::try_from(*offset).unwrap();
                self.change(*descriptor, Change::Write { offset, bytes: bytes.clone() });
            }
            Action::Truncate { descriptor, length } => {
                self.change(*descriptor, Change::Truncate { length: usize::try_from(*length).unwrap() });
            }
            Action::Sync { descriptor } => {
                self.sync(*descriptor);
            }
            Action::Unlink { path } => {
                let name = self.name(path);
                self.names.remove(&name);
                self.renamed.push((name, None));
            }
        }
    }

    fn name(&self, path: &str) -> String {
        path[self.folder.len() + 1..].to_owned()
    }

    fn file(&mut self, path: &str) -> Opened {
        let name = self.name(path);
        if let Some(file) = self.names.get(&name) {
            return Opened::File(*file);
        }
        let file = self.files.len();
        self.files.push(FileOnDisk::default());
        self.names.insert(name.clone(), file);
        self.renamed.push((name, Some(file)));
        Opened::File(file)
    }

    fn change(&mut self, descriptor: u32, change: Change) {
        let Some(Opened::File(file)) = self.open.get(&descriptor) else { panic!("{descriptor} is no file") };
        self.files[*file].changes.push(change);
    }

    fn sync(&mut self, descriptor: u32) {
        match self.open[&descriptor] {
            Opened::Folder => {
                self.synced_names.clone_from(&self.names);
                self.renamed.clear();
            }
            Opened::File(file) => {
                let file = &mut self.files[file];
                for change in file.changes.drain(..) {
                    change.make(&mut file.synced, &mut Chance::Always);
                }
            }
        }
    }

    /// Writes down what is there after a cut, into another folder.
    pub(crate) fn cut(&self, luck: Luck, folder: &Path) {
        let mut chance = match luck {
            Luck::None => Chance::Never,
            Luck::Some { percent, seed } => Chance::Percent { percent, seed },
            Luck::All => Chance::Always,
        };
        let mut names = self.synced_names.clone();
        for (name, file) in &self.renamed {
            if chance.happens() {
                match file {
                    Some(file) => _ = names.insert(name.clone(), *file),
                    None => _ = names.remove(name),
                }
            }
        }
        for (name, file) in names {
            let file = &self.files[file];
            let mut bytes = file.synced.clone();
            for change in &file.changes {
                change.make(&mut bytes, &mut chance);
            }
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

impl Change {
    /// Makes the change, or as much of it as chance lets happen.
    fn make(&self, file: &mut Vec<u8>, chance: &mut Chance) {
        match self {
            Self::Truncate { length } => {
                if chance.happens() {
                    file.resize(*length, 0);
                }
            }
            Self::Write { offset, bytes } => {
                let (mut start, end) = (*offset, offset + bytes.len());
                while start < end {
                    let next = end.min((start / SECTOR + 1) * SECTOR);
                    if chance.happens() {
                        if file.len() < next {
                            file.resize(next, 0);
                        }
                        file[start..next].copy_from_slice(&bytes[start - offset..next - offset]);
                    }
                    start = next;
                }
            }
        }
    }
}

enum Chance {
    Never,
    Percent { percent: u64, seed: u64 },
    Always,
}

impl Chance {
    fn happens(&mut self) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Percent { percent, seed } => {
                let mut hasher = DefaultHasher::new();
                seed.hash(&mut hasher);
                *seed = hasher.finish();
                *seed % 100 < *percent
            }
        }
    }
}
