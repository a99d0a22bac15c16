/** What a made-up shop could sell: a category's things, their traits, and what they cost. */
export interface Theme {
  readonly categoryId: string
  readonly things: readonly string[]
  readonly traits: readonly string[]
  /** In the shop's currency. */
  readonly price: readonly [least: number, most: number]
}

/** Makers that don't exist. */
export const makers = [
  'Alder & Finch',
  'Brightwell',
  'Corvane',
  'Dunmore',
  'Elmstead',
  'Fjordhus',
  'Greyloom',
  'Halden',
  'Ivorne',
  'Junipra',
  'Kestwick',
  'Lumora',
  'Marlowe',
  'Norrvik',
  'Oakhurst',
  'Pellano',
] as const

export const themes: readonly Theme[] = [
  {
    categoryId: 'shoes',
    things: ['Running Shoes', 'Leather Boots', 'Canvas Sneakers', 'Trail Shoes', 'Loafers', 'Sandals'],
    traits: ['Light', 'Waterproof', 'Wide-Fit', 'Cushioned', 'Classic', 'Vegan'],
    price: [39, 189],
  },
  {
    categoryId: 'audio',
    things: ['Headphones', 'Earbuds', 'Bluetooth Speaker', 'Soundbar', 'Turntable', 'Microphone'],
    traits: ['Wireless', 'Noise-Cancelling', 'Compact', 'Studio', 'Hi-Fi', 'Foldable'],
    price: [29, 449],
  },
  {
    categoryId: 'kitchen',
    things: [
      "Chef's Knife",
      'Cast Iron Pan',
      'Espresso Maker',
      'Mixing Bowl Set',
      'Kettle',
      'Chopping Board',
    ],
    traits: ['Stainless', 'Forged', 'Enamelled', 'Ceramic', 'Bamboo', 'Everyday'],
    price: [14, 229],
  },
  {
    categoryId: 'outdoor',
    things: [
      'Rain Jacket',
      'Two-Person Tent',
      'Sleeping Bag',
      'Hiking Backpack',
      'Camping Stove',
      'Head Torch',
    ],
    traits: ['Ultralight', 'Four-Season', 'Packable', 'Rugged', 'Insulated', 'Breathable'],
    price: [24, 399],
  },
  {
    categoryId: 'books',
    things: ['Cookbook', 'Travel Guide', 'Mystery Novel', 'Picture Book', 'Notebook', 'Star Atlas'],
    traits: ['Illustrated', 'Pocket', 'Hardcover', 'Signed', 'Collected', 'Annotated'],
    price: [8, 59],
  },
  {
    categoryId: 'furniture',
    things: ['Desk Lamp', 'Armchair', 'Bookshelf', 'Side Table', 'Office Chair', 'Coat Stand'],
    traits: ['Oak', 'Walnut', 'Adjustable', 'Round', 'Linen', 'Brass'],
    price: [45, 899],
  },
  {
    categoryId: 'toys',
    things: ['Building Blocks', 'Train Set', 'Board Game', 'Jigsaw Puzzle', 'Soft Bear', 'Marble Run'],
    traits: ['Wooden', 'Giant', 'Cooperative', 'Magnetic', 'First', 'Family'],
    price: [9, 119],
  },
  {
    categoryId: 'garden',
    things: ['Pruning Shears', 'Watering Can', 'Raised Bed', 'Garden Hose', 'Bird Feeder', 'Seed Box'],
    traits: ['Copper', 'Galvanised', 'Folding', 'Long-Reach', 'Cedar', 'Rustproof'],
    price: [11, 159],
  },
  {
    categoryId: 'cycling',
    things: ['Bike Helmet', 'Pannier Bag', 'Bike Light Set', 'Cycling Gloves', 'Floor Pump', 'Folding Lock'],
    traits: ['Reflective', 'Aero', 'Commuter', 'Padded', 'Gravel', 'Rechargeable'],
    price: [17, 199],
  },
  {
    categoryId: 'beauty',
    things: ['Face Cream', 'Hand Soap', 'Shampoo Bar', 'Beard Oil', 'Sun Lotion', 'Bath Salts'],
    traits: ['Unscented', 'Lavender', 'Citrus', 'Gentle', 'Nourishing', 'Sea Mineral'],
    price: [6, 69],
  },
  {
    categoryId: 'fitness',
    things: ['Yoga Mat', 'Kettlebell', 'Resistance Bands', 'Foam Roller', 'Skipping Rope', 'Rowing Machine'],
    traits: ['Non-Slip', 'Cork', 'Adjustable', 'Folding', 'Heavy-Duty', 'Travel'],
    price: [9, 549],
  },
  {
    categoryId: 'watches',
    things: ['Field Watch', 'Diving Watch', 'Pocket Watch', 'Sports Watch', 'Dress Watch', 'Watch Strap'],
    traits: ['Automatic', 'Solar', 'Titanium', 'Minimal', 'Vintage', 'Leather'],
    price: [19, 799],
  },
]
